//! What a commercial caller is told is what a world without medical records would tell.

use super::{Code, HCP, NOW, Proposal, Verdict, World, codes, proposed, request, visit};
use touchpoint::policy::Budget;
use touchpoint::record::RecordRow;
use touchpoint::time::DAY;
use touchpoint::{Audience, BusinessFunction, Channel, Policy, Purpose};

fn policy() -> Policy {
    Policy { version: "two".into(), budgets: vec![Budget::new("two", Some(2), 28 * DAY)], ..Policy::default() }
}

fn medical(at: i64) -> RecordRow<'static> {
    RecordRow { business_function: Some(BusinessFunction::Medical), purpose: Some(Purpose::Scientific), ..visit(at) }
}

#[test]
fn medical_records_change_no_commercial_answer() {
    let shared = [visit(NOW - 3 * DAY)];
    let hidden = [medical(NOW - 2 * DAY), medical(NOW - DAY), request(NOW - DAY, "r")];
    let ask = |rows: Vec<RecordRow<'static>>, audience| {
        World::under(policy()).with(rows).ask_as(&proposed(Channel::Phone), audience)
    };
    let with = [&shared[..], &hidden[..]].concat();
    assert_eq!(ask(with.clone(), Audience::Commercial), ask(shared.to_vec(), Audience::Commercial));
    assert_eq!(ask(with, Audience::Full).verdict, Verdict::Deny, "medical touches count for who may see them");
}

#[test]
fn an_hcp_of_medical_records_alone_is_a_stranger_to_commercial_callers() {
    let world = || World::under(policy()).with([medical(NOW - DAY), request(NOW - DAY, "r")]);
    let commercial = world().ask_as(&proposed(Channel::Phone), Audience::Commercial);
    assert_eq!(commercial, World::under(policy()).ask_as(&proposed(Channel::Phone), Audience::Commercial));
    assert!(codes(&commercial).contains(&Code::HcpUnknown));
    assert!(!codes(&world().ask(&proposed(Channel::Phone))).contains(&Code::HcpUnknown));
}

#[test]
fn a_medical_touch_is_not_judged_for_commercial_callers_whatever_is_on_record() {
    let proposal = Proposal {
        business_function: Some(BusinessFunction::Medical),
        request_id: Some("r".into()),
        ..proposed(Channel::Phone)
    };
    let full_budget = vec![visit(NOW - DAY), visit(NOW - 2 * DAY)];
    for more in [Vec::new(), vec![request(NOW - DAY, "r")], vec![medical(NOW - DAY)]] {
        let rows = [full_budget.clone(), more].concat();
        let answer = World::under(policy()).with(rows).ask_as(&proposal, Audience::Commercial);
        assert_eq!((answer.verdict, codes(&answer)), (Verdict::Warn, vec![Code::NotJudged]));
        assert_eq!((answer.binding_budget, answer.headroom), (None, None));
        let outlooks = answer.outlooks.expect("ours");
        assert_eq!(outlooks.current, outlooks.projected);
    }
    let safety = Proposal { purpose: Some(Purpose::Safety), ..proposal };
    let answer = World::under(policy()).with(full_budget).ask_as(&safety, Audience::Commercial);
    assert_eq!((answer.verdict, codes(&answer)), (Verdict::Allow, vec![Code::ServiceOrSafety]));
    assert_eq!(HCP, safety.hcp_id);
}
