//! Columns of words between their two forms: codes in a decoded batch, text in `touchpoint_log`.

use crate::record::texts::{ShortText, Texts};
use crate::words::{BusinessFunction, Channel, Intake, Kind, Mode, Op, Origin, Precision, Purpose, Status, Word};
use arrow::array::{Array, ArrayRef, StringArray, UInt8Array, new_null_array};
use arrow::compute::max;
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use std::sync::{Arc, LazyLock};

/// One closed set of words.
struct Vocabulary {
    column: &'static str,
    words: usize,
    /// The text of every code, empty of those that are no word.
    texts: [ShortText; 256],
    /// The code of every text, any code of NULLs; `None` when a text is no word.
    codes: fn(&StringArray) -> Option<Vec<u8>>,
}

fn codes<W: Word>(texts: &StringArray) -> Option<Vec<u8>> {
    let mut codes = Vec::with_capacity(texts.len());
    for text in texts {
        codes.push(text.map_or(Some(0), |text| W::parse(text.as_bytes()).map(W::code))?);
    }
    Some(codes)
}

impl Vocabulary {
    fn of<W: Word>() -> Self {
        let mut texts = [ShortText::default(); 256];
        let words = W::ALL.iter().filter_map(|word| ShortText::new(word.as_str()));
        texts.iter_mut().zip(words).for_each(|(place, text)| *place = text);
        Self { column: W::FIELD, words: W::ALL.len(), texts, codes: codes::<W> }
    }

    #[inline]
    fn text(&self, code: u8) -> ShortText {
        self.texts.get(usize::from(code)).copied().unwrap_or_default()
    }

    /// The words of a column.
    fn named(column: &str) -> Result<&'static Self, ArrowError> {
        static VOCABULARIES: LazyLock<[Vocabulary; 10]> = LazyLock::new(|| {
            [
                Vocabulary::of::<Kind>(),
                Vocabulary::of::<Op>(),
                Vocabulary::of::<Status>(),
                Vocabulary::of::<Precision>(),
                Vocabulary::of::<Channel>(),
                Vocabulary::of::<Origin>(),
                Vocabulary::of::<Mode>(),
                Vocabulary::of::<Intake>(),
                Vocabulary::of::<BusinessFunction>(),
                Vocabulary::of::<Purpose>(),
            ]
        });
        let vocabulary = VOCABULARIES.iter().find(|vocabulary| vocabulary.column == column);
        vocabulary.ok_or_else(|| ArrowError::SchemaError(format!("{column} holds no words")))
    }
}

/// The text of every code of `column`; NULL stays NULL.
///
/// # Errors
/// A code that is no word: a bug of the caller.
pub(super) fn to_text(column: &str, codes: &UInt8Array) -> Result<ArrayRef, ArrowError> {
    // Most columns of words belong to one kind and are empty for the others.
    let Some(greatest) = max(codes) else { return Ok(new_null_array(&DataType::Utf8, codes.len())) };
    let vocabulary = Vocabulary::named(column)?;
    if vocabulary.words <= usize::from(greatest) {
        return Err(ArrowError::InvalidArgumentError(format!("a code of column {column} is no word")));
    }
    // A NULL may hold any code; its text is empty.
    let text = |(nth, code)| if codes.is_valid(nth) { vocabulary.text(code) } else { ShortText::default() };
    let texts = || codes.values().iter().copied().enumerate().map(text);
    let mut out = Texts::with_capacity(codes.len(), texts().map(|text| text.len()).sum());
    texts().for_each(|text| out.push_short(&text));
    Ok(Arc::new(out.finish(codes.nulls().cloned())?))
}

/// The code of every text of `column`; NULL stays NULL.
///
/// # Errors
/// A text that is no word: the table was written by something else.
pub(super) fn from_text(column: &str, texts: &StringArray) -> Result<ArrayRef, ArrowError> {
    if texts.null_count() == texts.len() {
        return Ok(new_null_array(&DataType::UInt8, texts.len()));
    }
    let unknown = || ArrowError::ParseError(format!("unknown word in column {column} of touchpoint_log"));
    let codes = (Vocabulary::named(column)?.codes)(texts).ok_or_else(unknown)?;
    Ok(Arc::new(UInt8Array::try_new(codes.into(), texts.nulls().cloned())?))
}

#[cfg(test)]
mod tests {
    use super::{Vocabulary, from_text, to_text};
    use crate::record::{ColumnKind, RECORD_COLUMNS};
    use arrow::array::{Array, AsArray, StringArray, UInt8Array};
    use arrow::buffer::NullBuffer;
    use arrow::datatypes::UInt8Type;

    #[test]
    fn words_become_text_and_come_back() {
        let words = RECORD_COLUMNS.iter().filter(|(_, kind, _)| *kind == ColumnKind::Word);
        for (column, ..) in words {
            let all = Vocabulary::named(column).unwrap().words as u8;
            let every_third = |code: u8| (code % 3 > 0).then_some(code % all);
            for codes in [vec![], vec![None, None], (0..all).map(Some).collect(), (0..100).map(every_third).collect()] {
                let codes = UInt8Array::from(codes);
                let text = to_text(column, &codes).unwrap();
                text.to_data().validate_full().unwrap();
                assert_eq!((text.len(), text.null_count()), (codes.len(), codes.null_count()));
                let back = from_text(column, text.as_string()).unwrap();
                assert_eq!(back.as_primitive::<UInt8Type>(), &codes);
            }
        }
    }

    #[test]
    fn text_is_what_records_say() {
        let text = to_text("op", &UInt8Array::from(vec![Some(1), None, Some(0)])).unwrap();
        assert_eq!(text.as_string::<i32>(), &StringArray::from(vec![Some("delete"), None, Some("upsert")]));
    }

    #[test]
    fn a_code_outside_the_vocabulary_is_an_error_unless_it_is_under_a_null() {
        assert!(to_text("op", &UInt8Array::from(vec![Some(0), Some(2)])).is_err());
        let hidden = UInt8Array::new(vec![0, 200, 255].into(), Some(NullBuffer::from(vec![true, false, false])));
        assert_eq!(
            to_text("op", &hidden).unwrap().as_string::<i32>(),
            &StringArray::from(vec![Some("upsert"), None, None])
        );
    }

    #[test]
    fn a_text_outside_the_vocabulary_is_an_error() {
        assert!(from_text("op", &StringArray::from(vec![Some("upsert"), Some("Upsert")])).is_err());
        assert!(from_text("version", &StringArray::from(vec!["1"])).is_err());
    }
}
