// SPDX-License-Identifier: EUPL-1.2
//! One body a file that people hand over: any bytes go in, and what must hold of them is asserted. The fuzz
//! targets (`tests/fuzz`) and the replay of their corpora (`corpus.rs`) run this same code.

use std::path::Path;

use crdt_calendar::act::{Act, Enrolment, Place, Reason, Role};
use crdt_calendar::folio::Folio;
use crdt_calendar::ids::{FolioId, Incarnation, Leaf, MemberId, PublicKey, Writer};
use crdt_calendar::limits::{FRAME_BYTES_MAX, MEMBERS_MAX};
use crdt_calendar::roster::{Genesis, RootStatement, roster_folio};
use crdt_calendar::time::IsoWeek;
use crdt_calendar::wire::frame::{self, Frame};
use ed25519_dalek::SigningKey;
use hameau_node::config::{ConfigError, MemberFile, NodeFile, TerritoryFile};
use hameau_node::directory::{Official, look};
use hameau_node::export::{ExportError, ExportReader, ExportWriter};
use hameau_node::found::json;
use hameau_node::papers::{Papers, PapersFile, RequestFile, RoleName};
use hameau_node::slip::{self, Code};

/// One kind of file: its name, what must hold of any bytes, and files to begin with.
pub(crate) struct Parser {
    pub(crate) name: &'static str,
    pub(crate) check: fn(&[u8]),
    pub(crate) seeds: fn() -> Vec<Vec<u8>>,
}

pub(crate) const PARSERS: [Parser; 8] = [
    Parser { name: "request", check: check_request, seeds: request_seeds },
    Parser { name: "papers", check: check_papers, seeds: papers_seeds },
    Parser { name: "export", check: check_export, seeds: export_seeds },
    Parser { name: "slip", check: check_slip, seeds: slip_seeds },
    Parser { name: "member", check: check_member, seeds: member_seeds },
    Parser { name: "settings", check: check_settings, seeds: settings_seeds },
    Parser { name: "official", check: check_official, seeds: official_seeds },
    Parser { name: "territory", check: check_territory, seeds: territory_seeds },
];

/// Runs one parser's body.
pub(crate) fn check(name: &str, data: &[u8]) {
    let parser = PARSERS.iter().find(|parser| parser.name == name).expect("a parser of this name");
    (parser.check)(data);
}

fn check_request(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let Ok(request) = RequestFile::parse("request.json", text) else { return };
    let again = String::from_utf8(json(&request).expect("it was JSON")).expect("UTF-8");
    assert_eq!(RequestFile::parse("request.json", &again).expect("written by us"), request, "it reads back alike");
    let Ok(enrolment) = request.enrolment() else { return };
    assert!(!enrolment.name.trim().is_empty() && enrolment.name.chars().count() <= 120);
}

fn request_seeds() -> Vec<Vec<u8>> {
    let place = Place { insee: "46231".to_owned(), lat_e5: 4_451_700, lon_e5: 113_600 };
    let member = MemberId::new("puy-leveque").expect("a name");
    let of = |role, place| RequestFile::new(&member, role, "Puy-l'Évêque", place, writer(3).key);
    let requests = [of(RoleName::Point, Some(&place)), of(RoleName::Coordination, None)];
    requests.iter().map(|it| json(it).expect("JSON")).collect()
}

/// Whatever opens a territory was signed by its root; what is handed on opens it again.
fn check_papers(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let Ok(papers) = PapersFile::parse("papers.json", text) else { return };
    assert!(papers.statements().all(|it| it.verify(&papers.genesis)), "the root signed each word");
    let members = papers.shelf().expect("checked").roster().members().count();
    assert!(members <= MEMBERS_MAX);
    let again = String::from_utf8(json(&PapersFile::new(&papers)).expect("JSON")).expect("UTF-8");
    let again = PapersFile::parse("papers.json", &again).expect("written by us");
    assert_eq!(again.shelf().expect("checked").roster().members().count(), members, "it reads back alike");
}

/// Whatever an official file holds: names can stand in an address of ours, and addresses are of the web.
fn check_official(data: &[u8]) {
    match look(data) {
        Err(sentence) => assert!(!sentence.is_empty()),
        Ok(Official::Topics(_)) => {}
        Ok(Official::Branches(branches)) => {
            for branch in branches {
                assert!(branch.id.bytes().all(|it| it.is_ascii_alphanumeric() || b"_-".contains(&it)), "{}", branch.id);
                assert!(branch.sites.iter().all(|it| it.value.starts_with("http")));
            }
        }
        Ok(Official::Sheet(sheet)) => {
            assert!(sheet.id.bytes().all(|it| it.is_ascii_alphanumeric()), "{}", sheet.id);
            let named = sheet.online.iter().chain(&sheet.agencies).filter_map(|it| it.url.as_ref());
            assert!(named.chain(&sheet.official).all(|url| url.starts_with("https://")));
        }
    }
}

fn official_seeds() -> Vec<Vec<u8>> {
    let annuaire = r#"{"service": [{"id": "a-1", "nom": "Caisse d'essai", "pivot": [{"type_service_local": "cpam",
        "code_insee_commune": ["46042"]}], "adresse": "[{\"numero_voie\": \"1 rue\", \"accessibilite\": \"ACC\"}]",
        "site_internet": [{"valeur": "https://essai.example/"}], "plage_ouverture": [{"nom_jour_debut": "Lundi",
        "valeur_heure_debut_1": "08:30:00", "valeur_heure_fin_1": "12:00:00"}]}]}"#;
    let sheet = r#"<Publication ID="F1" type="Fiche" spUrl="https://f.example/"><title>Carte</title><FilDAriane>
        <Niveau ID="N1">Theme</Niveau></FilDAriane><ListeSituations><Situation><Titre>Cas</Titre><Texte><Chapitre>
        <Titre>Pieces a fournir</Titre><Liste><Item><Paragraphe>Photo</Paragraphe></Item></Liste><BlocCas><Cas><Titre>x
        </Titre><Paragraphe>y</Paragraphe></Cas></BlocCas></Chapitre></Texte></Situation></ListeSituations>
        <ServiceEnLigne URL="https://s.example/"><Titre>s</Titre></ServiceEnLigne><OuSAdresser><PivotLocal>cpam</PivotLocal>
        </OuSAdresser></Publication>"#;
    let topic = r#"<Publication ID="N1" type="Theme"><title>t</title><Dossier ID="N2"><Titre>d</Titre><Fiche ID="F1">f
        </Fiche></Dossier></Publication>"#;
    [annuaire, sheet, topic].map(|it| it.as_bytes().to_vec()).to_vec()
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn writer(seed: u8) -> Writer {
    Writer { key: PublicKey(key(seed).verifying_key().to_bytes()), incarnation: Incarnation([seed; 8]) }
}

fn genesis() -> Genesis {
    Genesis { name: "Lot".to_owned(), root: PublicKey(key(200).verifying_key().to_bytes()) }
}

/// Papers of a territory whose root spoke once, and of one whose coordination was succeeded.
fn papers_seeds() -> Vec<Vec<u8>> {
    let (root, genesis) = (key(200), genesis());
    let member = MemberId::new("lot").expect("a name");
    let enrolment = Enrolment {
        member: member.clone(),
        role: Role::Coordination,
        name: "Lot".to_owned(),
        place: None,
        key: writer(1).key,
    };
    let written = |seed: u8, act: &Act| {
        let mut roster = Folio::new(genesis.territory(), roster_folio(writer(seed)));
        roster.append(act, &key(seed)).expect("room in the roster");
        roster
    };
    let old = written(1, &Act::Enrol(enrolment));
    let new = written(2, &Act::Replace { member, key: writer(2).key });
    let ends = old.hash_at(1).map(|hash| (1, hash));
    let first = RootStatement::sign(genesis.territory(), 1, writer(1), None, &root);
    let second = RootStatement::sign(genesis.territory(), 2, writer(2), ends, &root);
    let batch = |folio: &Folio| folio.after(0).expect("signed");
    let neighbours = vec![(writer(1).key, vec!["/ip4/127.0.0.1/tcp/4646".to_owned()])];
    let once = Papers {
        genesis: genesis.clone(),
        statement: first.clone(),
        earlier: Vec::new(),
        rosters: vec![batch(&old)],
        neighbours: neighbours.clone(),
    };
    let succeeded = Papers {
        genesis,
        statement: second,
        earlier: vec![first],
        rosters: vec![batch(&old), batch(&new)],
        neighbours,
    };
    [once, succeeded].iter().map(|it| json(&PapersFile::new(it)).expect("JSON")).collect()
}

/// The frames of an export file, if all of it is as its writer signed it.
pub(crate) fn exported(data: &[u8]) -> Result<Vec<Vec<u8>>, ExportError> {
    let genesis = genesis();
    let mut reader = ExportReader::begin(data, &genesis)?;
    let mut frames = Vec::new();
    while let Some(frame) = reader.next_frame()? {
        frames.push(frame);
    }
    Ok(frames)
}

fn written(frames: &[Vec<u8>]) -> Vec<u8> {
    let (genesis, key) = (genesis(), key(1));
    let mut writer = ExportWriter::begin(Vec::new(), &genesis, &key).expect("memory");
    for frame in frames {
        writer.frame(frame).expect("memory");
    }
    writer.end().expect("memory")
}

/// Whatever is read was verified: root's words, and whole folios that stand by themselves. Bytes that no box signed
/// are also tried as one frame of a box that signs anything.
fn check_export(data: &[u8]) {
    let one = (1..=FRAME_BYTES_MAX).contains(&data.len()).then(|| written(&[data.to_vec()]));
    for file in [Some(data), one.as_deref()].into_iter().flatten() {
        let Ok(frames) = exported(file) else { continue };
        for bytes in &frames {
            match frame::decode(bytes).expect("verified") {
                Frame::Statement(statement) => assert!(statement.verify(&genesis())),
                Frame::Acts(batch) => {
                    let mut folio = Folio::new(genesis().territory(), batch.folio);
                    folio.accept(&batch).expect("verified");
                }
                other => panic!("{other:?} has no place in a file"),
            }
        }
        assert_eq!(exported(&written(&frames)).expect("written by us"), frames, "it reads back alike");
    }
}

/// A file of three frames, an empty one, and a frame alone.
fn export_seeds() -> Vec<Vec<u8>> {
    let territory = genesis().territory();
    let statement = RootStatement::sign(territory, 1, writer(1), None, &key(200));
    let folio = |leaf, act: &Act| {
        let mut folio = Folio::new(territory, FolioId { writer: writer(1), leaf });
        folio.append(act, &key(1)).expect("room");
        frame::encode_batch(&folio.after(0).expect("signed"))
    };
    let profile = folio(Leaf::Profile, &Act::Begin { previous: None });
    let week = folio(Leaf::Week(IsoWeek(2_983)), &Act::Cancel { target: 1, reason: Reason::ByThePerson });
    let frames = [frame::encode(&Frame::Statement(statement)), profile, week];
    vec![written(&frames), written(&[]), frames[2].clone()]
}

/// What is read of a code is what was written into it.
fn check_slip(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let Ok(code) = Code::read(text) else { return };
    assert!(code.place >= 1 && code.place <= code.count && code.frame.len() <= slip::FRAME_BYTES_MAX);
    let all = vec![code.frame.clone(); usize::from(code.count)];
    let again = &slip::texts(&all).expect("few enough")[usize::from(code.place) - 1];
    assert_eq!(Code::read(again).as_ref(), Ok(&code), "it reads back alike");
}

fn slip_seeds() -> Vec<Vec<u8>> {
    let week = Leaf::Week(IsoWeek(2_983));
    let mut folio = Folio::new(genesis().territory(), FolioId { writer: writer(1), leaf: week });
    let acts = [1, 2].map(|target| Act::Cancel { target, reason: Reason::ByThePerson });
    for act in &acts {
        folio.append(act, &key(1)).expect("room");
    }
    let parts = [(1, 1), (2, 2)].map(|(first, last)| folio.part(first, last, &key(1)).expect("there"));
    let texts = slip::texts(&parts.each_ref().map(frame::encode_batch)).expect("few enough");
    texts.into_iter().map(String::into_bytes).collect()
}

/// A refusal is a sentence about the file, on one line.
fn is_said<T>(read: Result<T, ConfigError>) -> Option<T> {
    let file = match read {
        Ok(file) => return Some(file),
        Err(error) => error.to_string(),
    };
    assert!(file.starts_with("« file.toml »") || file.starts_with("“file.toml”"), "{file}");
    None
}

fn check_member(data: &[u8]) {
    let (Ok(text), path) = (str::from_utf8(data), Path::new("file.toml")) else { return };
    let Some(file) = is_said(MemberFile::parse(path, text)) else { return };
    let openings = file.openings(path, "").expect("checked when it was read");
    assert!(openings.weekly.iter().all(|it| it.from < it.to && it.step_min > 0), "slots can be cut");
    file.description(path, "").expect("checked when it was read");
    file.policy(path, "").expect("checked when it was read");
    let again = toml::to_string_pretty(&file).expect("TOML");
    assert_eq!(MemberFile::parse(path, &again).expect("written by us"), file, "it reads back alike");
}

fn member_seeds() -> Vec<Vec<u8>> {
    let point = "release_before_hours = 24\n\n[[booth]]\nnumber = 1\nname = \"Cabine\"\n";
    let agency = "home_page = \"https://www.ameli.fr/assure\"\nweeks_ahead = 3\n\n\
        [[desk]]\nnumber = 1\nname = \"Guichet 1\"\nstep_min = 30\nopenings = [\n\
        \x20   { days = [\"mon\", \"tue\"], from = \"09:30\", to = \"12:00\" },\n]\n\n\
        [[service]]\nid = \"carte-vitale\"\nname = \"Carte Vitale\"\nduration_min = 30\npapers = [\"Une photo\"]\n\n\
        [[procedure]]\nid = \"commander\"\ntitle = \"Commander sa carte\"\nkeywords = [\"carte\"]\n\
        summary = \"Elle est gratuite.\"\nurl = \"https://www.ameli.fr/carte\"\nservice = \"carte-vitale\"\n\n\
        [[reserved]]\npoint = \"puy-leveque\"\nweekday = \"tue\"\nfrom = \"10:00\"\ncount = 2\ndesk = 1\n\n\
        [[quota]]\npoint = \"puy-leveque\"\nservice = \"carte-vitale\"\nper_week = 5\n";
    [point, agency].map(|it| it.as_bytes().to_vec()).to_vec()
}

fn check_settings(data: &[u8]) {
    let (Ok(text), path) = (str::from_utf8(data), Path::new("file.toml")) else { return };
    let Some(file) = is_said(NodeFile::parse(path, text)) else { return };
    assert!(file.portal_listen.ip().is_loopback(), "pages open on this machine only");
    let again = toml::to_string_pretty(&file).expect("TOML");
    assert_eq!(NodeFile::parse(path, &again).expect("written by us"), file, "it reads back alike");
}

fn settings_seeds() -> Vec<Vec<u8>> {
    vec![toml::to_string_pretty(&NodeFile::default()).expect("TOML").into_bytes()]
}

fn check_territory(data: &[u8]) {
    let (Ok(text), path) = (str::from_utf8(data), Path::new("file.toml")) else { return };
    let Some(file) = is_said(TerritoryFile::parse(path, text)) else { return };
    for point in &file.point {
        let place = point.place();
        assert!(place.lat_e5.abs() <= 9_000_000 && place.lon_e5.abs() <= 18_000_000, "on this earth");
        point.member_file().policy(path, "").expect("checked when it was read");
    }
    for agency in &file.agency {
        let member = agency.member_file();
        member.openings(path, "").expect("checked when it was read");
        member.description(path, "").expect("checked when it was read");
        member.policy(path, "").expect("checked when it was read");
    }
}

fn territory_seeds() -> Vec<Vec<u8>> {
    let text = "[territory]\nname = \"Essai\"\ntimezone = \"Europe/Paris\"\n\n[coordination]\nid = \"centre\"\n\
        name = \"Centre\"\n\n[[point]]\nid = \"bourg\"\nname = \"Le Bourg\"\ninsee = \"46000\"\nlat = 44.5\nlon = 1.1\n\n\
        [[point.booth]]\nnumber = 1\nname = \"Cabine\"\n\n[[agency]]\nid = \"caisse\"\nsigle = \"Caisse\"\n\
        name = \"La Caisse\"\nhome_page = \"https://example.org/\"\n\n[[agency.desk]]\nnumber = 1\nname = \"Guichet\"\n\
        step_min = 30\nopenings = [{ days = [\"mon\"], from = \"09:00\", to = \"12:00\" }]\n\n[[agency.service]]\n\
        id = \"carte\"\nname = \"Carte\"\nduration_min = 30\n\n[[agency.reserved]]\npoint = \"bourg\"\nweekday = \"mon\"\n\
        from = \"09:00\"\ncount = 2\ndesk = 1\n";
    vec![text.as_bytes().to_vec()]
}
