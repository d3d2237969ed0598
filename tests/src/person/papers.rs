// SPDX-License-Identifier: EUPL-1.2
//! Papers that a person gives in a call, and what they are made of.

use serde_json::Value;

use super::Person;

impl Person {
    /// Gives a file to the call, as its button does once the person has chosen one.
    ///
    /// # Panics
    /// When the page has no such button.
    pub async fn gives(&self, name: &str, bytes: &[u8]) {
        let chosen = format!(
            "(() => {{ const input = document.getElementById('give-file'); const data = new DataTransfer(); \
             data.items.add(new File([new Uint8Array({bytes:?})], {name:?})); input.files = data.files; \
             input.dispatchEvent(new Event('change')); return true; }})()"
        );
        assert_eq!(self.eval(&chosen).await, Value::Bool(true), "{} gives {name}", self.name);
    }
}

/// A PDF (ISO 32000-1) of pages that say which they are, with so many bytes that nobody sees; readers mend what its table
/// lacks.
#[must_use]
pub fn pdf(pages: usize, unseen: usize) -> Vec<u8> {
    let kids: Vec<_> = (0..pages).map(|page| format!("{} 0 R", page * 2 + 4)).collect();
    let mut pdf = format!(
        "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[{}]/Count {pages}>>endobj\n\
         3 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\n",
        kids.join(" ")
    );
    for page in 0..pages {
        let says = format!("BT /F1 40 Tf 80 700 Td (Notice, page {}) Tj ET", page + 1);
        let (own, text) = (page * 2 + 4, page * 2 + 5);
        pdf += &format!(
            "{own} 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>>>/Contents {text} 0 \
             R>>endobj\n{text} 0 obj<</Length {}>>stream\n{says}\nendstream endobj\n",
            says.len()
        );
    }
    pdf += &format!("%{}\ntrailer<</Root 1 0 R>>\n", "x".repeat(unseen));
    pdf.into_bytes()
}
