//! Everybody who acts for the company, and whom they look after.

use crate::id::{MEDICAL_DESKS, Named, Owner, Role};
use crate::world::World;
use touchpoint::reference::{PanelRow, PersonRow, Role as Part, Validity};
use touchpoint::words::BusinessFunction;

/// Reps of one line manager, and of one market-access and patient-service region.
pub(super) const DISTRICT: u32 = 10;
/// Seats at headquarters that invite to congresses, if there are not more brands than that.
const HEADQUARTERS_SEATS: u32 = 7;
/// Fewest and most touches that a rep plans with an HCP of segment A or B.
const WANTED: [(&str, u32, u32); 2] = [("A", 4, 12), ("B", 2, 8)];

/// Everybody, a role after the other.
pub(super) fn people(world: &World) -> impl Iterator<Item = PersonRow> {
    let districts = world.reps().div_ceil(DISTRICT);
    let seats = [
        (Role::Rep, world.reps()),
        (Role::Msl, world.msls()),
        (Role::Hq, world.config().catalogue.brands.max(HEADQUARTERS_SEATS)),
        (Role::Access, districts),
        (Role::PatientServices, districts),
        (Role::MedicalInformation, MEDICAL_DESKS),
    ];
    let acting = seats.into_iter().flat_map(|(role, count)| (0..count).map(move |number| Owner { role, number }));
    let leading = (0..districts).flat_map(|district| {
        let manager = leader(manager_id(district), Part::Manager, BusinessFunction::Sales, district);
        let orchestrator = leader(orchestrator_id(district), Part::Orchestrator, BusinessFunction::Marketing, district);
        [manager, orchestrator]
    });
    acting.map(person).chain(leading)
}

/// The panels of reps, then those of MSLs.
pub(super) fn panels(world: &World) -> impl Iterator<Item = PanelRow> {
    let of = |role: Role, number: u32, hcps: std::ops::Range<u32>| {
        let owner_id = Owner { role, number }.id();
        hcps.map(move |hcp| (owner_id.clone(), hcp))
    };
    let reps = (0..world.reps()).flat_map(move |rep| of(Role::Rep, rep, world.panel(rep)));
    let msls = (0..world.msls()).flat_map(move |msl| of(Role::Msl, msl, world.msl_panel(msl)));
    let rep_rows = reps.map(move |(owner_id, hcp)| {
        let segment = world.segment(hcp);
        let wanted = WANTED.into_iter().find(|(wanted, ..)| *wanted == segment);
        PanelRow {
            owner_id,
            hcp_id: Named::Hcp(hcp).id(),
            is_target: wanted.is_some(),
            min_touches: wanted.map(|(_, least, _)| least),
            max_touches: wanted.map(|(.., most)| most),
            validity: Validity::ALWAYS,
        }
    });
    let msl_rows = msls.map(|(owner_id, hcp)| PanelRow {
        owner_id,
        hcp_id: Named::Hcp(hcp).id(),
        is_target: false,
        min_touches: None,
        max_touches: None,
        validity: Validity::ALWAYS,
    });
    rep_rows.chain(msl_rows)
}

/// Who writes the plans of the HCPs of a rep.
pub(super) fn orchestrator_id(district: u32) -> String {
    format!("orc-{district:04}")
}

fn manager_id(district: u32) -> String {
    format!("mgr-{district:04}")
}

fn district_id(district: u32) -> String {
    format!("dis-{district:03}")
}

fn leader(owner_id: String, role: Part, function: BusinessFunction, district: u32) -> PersonRow {
    let district = Some(district_id(district));
    PersonRow { owner_id, function: Some(function), role: Some(role), district, ..PersonRow::default() }
}

fn person(owner: Owner) -> PersonRow {
    let (part, district) = match owner.role {
        Role::Rep => (Part::Rep, Some(owner.number / DISTRICT)),
        Role::Msl => (Part::Msl, None),
        Role::Hq | Role::MedicalInformation => (Part::Hq, None),
        Role::Access => (Part::Access, Some(owner.number)),
        Role::PatientServices => (Part::Services, Some(owner.number)),
    };
    PersonRow {
        owner_id: owner.id(),
        function: Some(owner.role.function()),
        role: Some(part),
        manager_id: district.filter(|_| part == Part::Rep).map(manager_id),
        district: district.map(district_id),
        validity: Validity::ALWAYS,
    }
}
