//! Countries: the codes of two letters of ISO 3166-1, so that one country has one spelling wherever it is compared.

/// The officially assigned codes, and XK, which stands for Kosovo where ISO has nothing.
const CODES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS \
                     BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE \
                     EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM \
                     HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC \
                     LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA \
                     NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW \
                     SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO \
                     TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW";

/// The code in upper case, whatever case `text` has; `None` when it is no country's.
pub fn code(text: &str) -> Option<String> {
    let upper = text.to_ascii_uppercase();
    CODES.split_whitespace().any(|code| code == upper).then_some(upper)
}

#[cfg(test)]
mod tests {
    use super::{CODES, code};

    #[test]
    fn codes_are_those_of_two_letters_each_once_and_sorted() {
        let codes: Vec<&str> = CODES.split_whitespace().collect();
        assert_eq!(codes.len(), 250);
        assert!(codes.iter().all(|code| code.len() == 2) && codes.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn case_does_not_count_and_nothing_else_is_guessed() {
        assert_eq!(["DE", "de", "dE"].map(code), ["DE", "DE", "DE"].map(|text| Some(text.to_owned())));
        assert_eq!(["", "D", "UK", "DEU", "EL", "Germany", "D E", "d\u{e9}"].map(code), [const { None::<String> }; 8]);
    }
}
