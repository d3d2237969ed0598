// SPDX-License-Identifier: EUPL-1.2
//! One branch of the State's directory: name, address, telephone, hours, and the communes that it serves.
//!
//! The format is DILA's *annuaire de l'administration*, local part (`data.gouv_local.json`, specification V1.4 of the
//! data set 53699fe4a3a729239d206227 on data.gouv.fr), and its export by the API, where nested fields are JSON in a
//! string. Fields that are not named here are passed over, and one that has another type counts as absent: what the
//! file does not say is not said. Texts are cut, lists end, at the limits below.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Longest text, in characters.
const TEXT_CHARS_MAX: usize = 600;
/// Addresses, telephones, sites of a branch.
const LISTED_MAX: usize = 8;
/// Lines of hours of a branch.
const HOURS_MAX: usize = 32;
/// Communes that one branch serves: France has some 35,000.
const COMMUNES_MAX: usize = 40_000;

/// A branch.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Branch {
    /// The directory's own name of it.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// What kind it is, such as `cpam` (`type_service_local`); the sheets name agencies by it.
    pub kinds: Vec<String>,
    /// Where it is, the address to visit first.
    pub addresses: Vec<Address>,
    /// Its telephones.
    pub telephones: Vec<Labelled>,
    /// Its sites, `https://` or `http://`.
    pub sites: Vec<Labelled>,
    /// Where one writes to.
    pub email: Option<String>,
    /// When it is open.
    pub hours: Vec<Hours>,
    /// Its page at Service Public.
    pub official: Option<String>,
    /// INSEE code of the commune in which it is.
    #[serde(default)]
    pub insee: Option<String>,
}

/// An address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// People go there, not letters alone.
    pub is_visited: bool,
    /// Its lines, in their order.
    pub lines: Vec<String>,
    /// Postal code.
    pub postcode: String,
    /// The commune, as the post writes it.
    pub city: String,
    /// What is said of getting in.
    pub access: Option<Access>,
    /// More on that.
    pub access_note: Option<String>,
}

/// Whether a wheelchair gets in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Access {
    /// `ACC`.
    Yes,
    /// `DEM`: on request.
    Asking,
    /// `NAC`.
    No,
}

/// A telephone or a site, with what is said of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Labelled {
    /// Itself.
    pub value: String,
    /// What is said of it; may be empty.
    pub label: String,
}

/// One line of hours, in the directory's own words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hours {
    /// From this day of the week.
    pub from: String,
    /// To this one; the same for one day.
    pub to: String,
    /// Up to two spans of a day, `HH:MM`.
    pub spans: Vec<(String, String)>,
    /// What is said besides.
    pub comment: String,
}

/// A branch, with the communes that it serves under each kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub branch: Branch,
    /// Kind and INSEE code.
    pub serves: Vec<(String, String)>,
}

/// Why a record of the file is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unfit {
    NoName,
    NoKind,
}

impl Entry {
    /// Reads a record.
    pub(super) fn read(record: &Value) -> Result<Self, Unfit> {
        let Value::Object(record) = record else { return Err(Unfit::NoName) };
        // The directory's names of branches are UUIDs: what could not stand in an address of ours is none.
        let id = text(record, "id").filter(|id| is_kind(id));
        let (Some(id), Some(name)) = (id, text(record, "nom")) else { return Err(Unfit::NoName) };
        let mut branch = Branch {
            id,
            name,
            addresses: list(record, "adresse").iter().filter_map(address).take(LISTED_MAX).collect(),
            telephones: labelled(record, "telephone", "valeur", "description", |it| !it.is_empty()),
            sites: labelled(record, "site_internet", "valeur", "libelle", is_site),
            email: text(record, "adresse_courriel").filter(|it| it.contains('@')),
            hours: list(record, "plage_ouverture").iter().filter_map(hours).take(HOURS_MAX).collect(),
            official: text(record, "url_service_public").filter(|it| it.starts_with("https://")),
            insee: text(record, "code_insee_commune").filter(|it| is_insee(it)),
            ..Branch::default()
        };
        branch.addresses.sort_by_key(|it| !it.is_visited);
        let mut serves = Vec::new();
        for pivot in list(record, "pivot").iter().filter_map(Value::as_object) {
            let Some(kind) = text(pivot, "type_service_local").filter(|it| is_kind(it)) else { continue };
            let communes = list(pivot, "code_insee_commune");
            let codes = communes.iter().filter_map(Value::as_str).filter(|it| is_insee(it)).take(COMMUNES_MAX);
            serves.extend(codes.map(|code| (kind.clone(), code.to_owned())));
            if !branch.kinds.contains(&kind) && branch.kinds.len() < LISTED_MAX {
                branch.kinds.push(kind);
            }
        }
        if branch.kinds.is_empty() { Err(Unfit::NoKind) } else { Ok(Self { branch, serves }) }
    }
}

/// A kind of branch, as in a pivot.
pub(super) fn is_kind(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_alphanumeric() || b"_-".contains(&it))
}

/// An INSEE code of a commune.
pub(super) fn is_insee(text: &str) -> bool {
    text.len() == 5 && text.bytes().all(|it| it.is_ascii_digit() || it.is_ascii_uppercase())
}

/// An address of the web, with a host and nothing that a page could not show.
pub(super) fn is_site(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        rest.len() > 3 && !rest.starts_with('/') && !text.chars().any(|c| c.is_whitespace() || c.is_control())
    })
}

/// A field's text, cut; `None` where there is none.
fn text(record: &Map<String, Value>, name: &str) -> Option<String> {
    let value = match record.get(name)? {
        Value::String(text) => text.split_whitespace().collect::<Vec<_>>().join(" "),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let cut: String = value.chars().take(TEXT_CHARS_MAX).collect();
    (!cut.is_empty()).then_some(cut)
}

/// A field's list. The API's export has it as JSON in a string, older files as one object, or as one text.
fn list(record: &Map<String, Value>, name: &str) -> Vec<Value> {
    match record.get(name) {
        Some(Value::Array(all)) => all.clone(),
        Some(Value::String(inner)) if inner.trim_start().starts_with(['[', '{']) => match serde_json::from_str(inner) {
            Ok(Value::Array(all)) => all,
            Ok(one @ Value::Object(_)) => vec![one],
            _ => Vec::new(),
        },
        Some(one @ (Value::Object(_) | Value::String(_))) => vec![one.clone()],
        _ => Vec::new(),
    }
}

fn labelled(
    record: &Map<String, Value>,
    name: &str,
    value: &str,
    label: &str,
    is_right: impl Fn(&str) -> bool,
) -> Vec<Labelled> {
    let one = |it: &Value| {
        let it = it.as_object()?;
        let value = text(it, value).filter(|it| is_right(it))?;
        Some(Labelled { value, label: text(it, label).unwrap_or_default() })
    };
    list(record, name).iter().filter_map(one).take(LISTED_MAX).collect()
}

fn address(value: &Value) -> Option<Address> {
    let it = value.as_object()?;
    let lines = ["complement1", "complement2", "numero_voie", "service_distribution"];
    let address = Address {
        is_visited: text(it, "type_adresse").is_none_or(|kind| kind != "Adresse postale"),
        lines: lines.iter().filter_map(|name| text(it, name)).collect(),
        postcode: text(it, "code_postal").unwrap_or_default(),
        city: text(it, "nom_commune").unwrap_or_default(),
        access: match text(it, "accessibilite").as_deref() {
            Some("ACC") => Some(Access::Yes),
            Some("DEM") => Some(Access::Asking),
            Some("NAC") => Some(Access::No),
            _ => None,
        },
        access_note: text(it, "note_accessibilite"),
    };
    (!address.lines.is_empty() || !address.city.is_empty()).then_some(address)
}

fn hours(value: &Value) -> Option<Hours> {
    let it = value.as_object()?;
    let span = |number: u8| {
        let from = text(it, &format!("valeur_heure_debut_{number}")).and_then(|it| minute(&it))?;
        let to = text(it, &format!("valeur_heure_fin_{number}")).and_then(|it| minute(&it))?;
        Some((from, to))
    };
    let hours = Hours {
        from: text(it, "nom_jour_debut").unwrap_or_default(),
        to: text(it, "nom_jour_fin").unwrap_or_default(),
        spans: [1, 2].into_iter().filter_map(span).collect(),
        comment: text(it, "commentaire").unwrap_or_default(),
    };
    (!hours.from.is_empty() || !hours.comment.is_empty()).then_some(hours)
}

/// `HH:MM` of `HH:MM:SS`.
fn minute(text: &str) -> Option<String> {
    let time: jiff::civil::Time = text.parse().ok()?;
    Some(time.strftime("%H:%M").to_string())
}
