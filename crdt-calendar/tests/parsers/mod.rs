// SPDX-License-Identifier: MIT OR Apache-2.0
//! One body a parser of the calendar: any bytes go in, and what must hold of them is asserted. The fuzz
//! targets (`tests/fuzz`) and the replay of their corpora (`corpus.rs`) run this same code.

use crate::common::forge::forge;
use crate::common::{
    Member, WEEK, agency, ask, book, coordination, full_shelf, genesis, grant, left, nine, open, papers, release,
    right, service, shelf, slot, statement, take, territory, void,
};
use crdt_calendar::act::{Act, Description, Role};
use crdt_calendar::envelope::{self, Binding, Opener, WeekSecret};
use crdt_calendar::folio::{Batch, Folio, Head};
use crdt_calendar::ids::{Leaf, PublicKey, Writer};
use crdt_calendar::limits::{DETAILS_BYTES_MAX, MEMBERS_MAX};
use crdt_calendar::replicator::{Effect, Input, Replicator};
use crdt_calendar::roster::{Line, RootStatement, Standing};
use crdt_calendar::shelf::Shelf;
use crdt_calendar::wire::act;
use crdt_calendar::wire::frame::{self, Frame, HeadLine, More};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;

const LEAF: Leaf = Leaf::Week(WEEK);

/// One parser: its name, what must hold of any bytes, and bytes to begin with.
pub(crate) struct Parser {
    pub(crate) name: &'static str,
    pub(crate) check: fn(&[u8]),
    pub(crate) seeds: fn() -> Vec<Vec<u8>>,
}

pub(crate) const PARSERS: [Parser; 8] = [
    Parser { name: "act", check: check_act, seeds: act_seeds },
    Parser { name: "frame", check: check_frame, seeds: frame_seeds },
    Parser { name: "folio", check: check_folio, seeds: folio_seeds },
    Parser { name: "document", check: check_document, seeds: document_seeds },
    Parser { name: "envelope", check: check_envelope, seeds: envelope_seeds },
    Parser { name: "roster", check: check_roster, seeds: roster_seeds },
    Parser { name: "statement", check: check_statement, seeds: statement_seeds },
    Parser { name: "peer", check: check_peer, seeds: peer_seeds },
];

/// Runs one parser's body.
pub(crate) fn check(name: &str, data: &[u8]) {
    let parser = PARSERS.iter().find(|parser| parser.name == name).expect("a parser of this name");
    (parser.check)(data);
}

/// Takes apart what [`packed`] put together: two bytes of length before each piece; the last may be short.
fn pieces(mut data: &[u8]) -> Vec<Vec<u8>> {
    let mut pieces = Vec::new();
    while let [high, low, rest @ ..] = data {
        let length = usize::from(u16::from_be_bytes([*high, *low])).min(rest.len());
        pieces.push(rest[..length].to_vec());
        data = &rest[length..];
    }
    pieces
}

fn packed(pieces: &[Vec<u8>]) -> Vec<u8> {
    let piece = |it: &Vec<u8>| [&u16::try_from(it.len()).unwrap().to_be_bytes()[..], it].concat();
    pieces.iter().flat_map(piece).collect()
}

fn check_act(data: &[u8]) {
    let Ok(act) = act::decode(data) else { return };
    assert_eq!(act::decode(&act::encode(&act)), Ok(act), "what was read is read again alike");
}

fn some_acts() -> Vec<Act> {
    vec![
        open(),
        grant(&[(0, 1), (1, 1)], &left()),
        take(&[(0, 1)], &left()),
        void(&[(1, 1)]),
        book(&[(0, 1)], 1),
        ask(2, 1),
        release(&[(0, 1)]),
        crate::common::cancel(5),
        crate::common::refuse(&left(), 6),
        Act::Begin { previous: Some(left().writer) },
        Act::Describe(Description { home_page: Some("https://exemple.invalid/".into()), ..Description::default() }),
        Act::Reachable { mesh: vec!["/ip4/127.0.0.1/tcp/1".into()], link: vec!["127.0.0.1:1".into()] },
        Act::Runs { program: "0.1.0".into() },
        Act::Runs { program: "9".repeat(33) },
        left().enrolment(),
        Act::Unknown { kind: 200, touches: Default::default(), body: vec![1, 2, 3] },
    ]
}

fn act_seeds() -> Vec<Vec<u8>> {
    some_acts().iter().map(act::encode).collect()
}

fn check_frame(data: &[u8]) {
    let Ok(frame) = frame::decode(data) else { return };
    assert_eq!(frame::decode(&frame::encode(&frame)), Ok(frame.clone()), "what was read is read again alike");
    if let Frame::Acts(batch) = frame {
        let mut shelf = shelf();
        let before = format!("{shelf:?}");
        if shelf.accept(&batch).is_err() {
            assert_eq!(format!("{shelf:?}"), before, "what is refused leaves nothing");
        }
    }
}

fn more(folio: &Folio, held: u32) -> Frame {
    let batch = folio.after(held).unwrap();
    let (first, acts, signature) = (batch.first, batch.acts, batch.head.signature);
    Frame::More(More { folio: folio.short(), first, acts, signature })
}

fn frames() -> Vec<Frame> {
    let folio = agency().write(LEAF, &some_acts()[..4]);
    let line = HeadLine { folio: folio.short(), seq: 4, hash: [3; 8] };
    vec![
        Frame::Acts(folio.after(0).unwrap()),
        Frame::Acts(folio.after(3).unwrap()),
        Frame::Heads { leaves: vec![(LEAF, vec![line; 2]), (Leaf::Roster, Vec::new())], last: true },
        Frame::Heads { leaves: Vec::new(), last: false },
        more(&folio, 3),
        Frame::Differences { leaves: vec![(LEAF, vec![line])], last: true },
        Frame::Leaves { window: (WEEK, WEEK), digests: vec![(LEAF, [5; 16]), (Leaf::Profile, [6; 16])] },
        Frame::Want(vec![(folio.short(), 0), (folio.short(), 3)]),
        Frame::Kept(folio.short(), 4),
        more(&folio, 1),
        Frame::Held(LEAF, HeadLine::of(&folio).unwrap()),
        Frame::Digest { territory: territory(), digest: [4; 16], is_answer: true },
    ]
}

fn frame_seeds() -> Vec<Vec<u8>> {
    frames().iter().map(frame::encode).collect()
}

fn joined(batches: &[&Batch]) -> Folio {
    let mut folio = Folio::new(territory(), agency().week());
    for batch in batches {
        // A refusal is an answer too: the order of both decides nothing, see below.
        folio.accept(batch).ok();
    }
    folio
}

/// Pieces are acts that the writer signed, whatever they are: the first says how many are common and how
/// many belong to the first of two histories.
fn check_folio(data: &[u8]) {
    let [common, ours, data @ ..] = data else { return };
    let acts = pieces(data);
    let common = usize::from(*common).min(acts.len());
    let ours = (common + usize::from(*ours)).min(acts.len());
    let histories = [acts[..ours].to_vec(), [&acts[..common], &acts[ours..]].concat()];
    let batches: Vec<Batch> =
        histories.iter().filter(|it| !it.is_empty()).map(|it| forge(&agency(), LEAF, it)).collect();
    let order: Vec<&Batch> = batches.iter().collect();
    let reverse: Vec<&Batch> = batches.iter().rev().collect();
    let (one, other) = (joined(&order), joined(&reverse));
    assert_eq!(one.line(), other.line(), "the order decides nothing");
    assert_eq!(one.fork().map(|it| it.at), other.fork().map(|it| it.at));
    assert_eq!(format!("{:?}", joined(&[&order[..], &order[..]].concat())), format!("{one:?}"), "nor does repetition");
    let Some(head) = one.head() else { return };
    let document = one.to_document().expect("what was accepted can be kept");
    let mut back = Folio::from_document(territory(), one.id(), &document, &[], *head).expect("and read back");
    if let Some(evidence) = one.evidence() {
        back.accept(&evidence).expect("with its proof");
    }
    assert_eq!(format!("{back:?}"), format!("{one:?}"));
    let shown = |folio: Folio| format!("{:?}", full_shelf(&[folio]).week(WEEK));
    assert_eq!(shown(one), shown(other), "one calendar");
}

fn folio_seeds() -> Vec<Vec<u8>> {
    let acts = act_seeds();
    let with = |common: u8, ours: u8, acts: &[Vec<u8>]| [vec![common, ours], packed(acts)].concat();
    vec![
        with(14, 0, &acts),
        with(2, 2, &acts[..6]),
        with(0, 3, &acts[..5]),
        with(1, 0, &[acts[0].clone(), vec![15], acts[1].clone()]),
        with(1, 1, &[acts[0].clone(), vec![15], acts[1].clone()]),
    ]
}

/// What a disk may hand back in the place of a document, or of one change.
fn check_document(data: &[u8]) {
    let folio = agency().write(LEAF, &some_acts()[..3]);
    let head: Head = *folio.head().unwrap();
    for read in [
        Folio::from_document(territory(), folio.id(), data, &[], head),
        Folio::from_document(territory(), folio.id(), &[], &pieces(data), head),
    ]
    .into_iter()
    .flatten()
    {
        assert_eq!(format!("{read:?}"), format!("{folio:?}"), "this folio, or none");
    }
}

fn document_seeds() -> Vec<Vec<u8>> {
    let folio = agency().write(LEAF, &some_acts()[..3]);
    let longer = agency().write(LEAF, &some_acts());
    vec![
        folio.to_document().unwrap(),
        longer.to_document().unwrap(),
        packed(&folio.changes_after(0)),
        packed(&longer.changes_after(0)),
    ]
}

fn binding() -> Binding {
    Binding {
        folio: left().week(),
        act: 1,
        appointment: crate::common::at(&left(), 1),
        minutes: nine(0, 1),
        service: service(),
        slots: vec![slot(0)],
    }
}

/// As an envelope: it does not open. As details: they come back, if they are not too long.
fn check_envelope(data: &[u8]) {
    let (home, own) = (WeekSecret::new([3; 32]), WeekSecret::new([4; 32]));
    if let Ok(details) = envelope::open(data, &binding(), Opener::Home, &home) {
        assert_eq!(details.as_slice(), b"Jeanne Exemple", "the one that is among the seeds");
    }
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let sealed = envelope::seal(data, &binding(), &home.public(), &own, &mut rng);
    assert_eq!(sealed.is_ok(), data.len() <= DETAILS_BYTES_MAX);
    if let Ok(sealed) = sealed {
        let opened = envelope::open(&sealed, &binding(), Opener::Writer, &own).expect("its writer opens it");
        assert_eq!(opened.as_slice(), data);
    }
    if let Some(key) = data.first_chunk::<32>() {
        // A home may have written any 32 bytes in `open`.
        envelope::seal(b"x", &binding(), key, &own, &mut rng).ok();
    }
}

fn envelope_seeds() -> Vec<Vec<u8>> {
    let (home, own) = (WeekSecret::new([3; 32]), WeekSecret::new([4; 32]));
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    let sealed = envelope::seal(b"Jeanne Exemple", &binding(), &home.public(), &own, &mut rng).unwrap();
    vec![sealed, vec![0; 32], vec![b'a'; DETAILS_BYTES_MAX], vec![b'a'; DETAILS_BYTES_MAX + 1]]
}

/// Pieces are acts, dealt out to the coordination's roster and to four profiles.
fn check_roster(data: &[u8]) {
    let mut shelf = shelf();
    let writers = [coordination(), agency(), left(), left().reborn(33), right()];
    let mut leaves: Vec<(Member, Leaf, Vec<Vec<u8>>)> = vec![(coordination(), Leaf::Roster, Vec::new())];
    leaves.extend(writers.into_iter().map(|it| (it, Leaf::Profile, Vec::new())));
    for piece in pieces(data) {
        let Some((&to, act)) = piece.split_first() else { continue };
        leaves[usize::from(to) % 6].2.push(act.to_vec());
    }
    for (by, leaf, acts) in leaves.iter().filter(|it| !it.2.is_empty()) {
        shelf.accept(&forge(by, *leaf, acts)).ok();
    }
    let roster = shelf.roster();
    assert!(roster.members().count() <= MEMBERS_MAX);
    for (id, member) in roster.members() {
        let current = roster.current(id);
        assert_eq!(current.is_some(), matches!(&member.line, Line::Writers(_)));
        assert!(current.is_none_or(|writer| roster.standing(&writer) == Standing::Current));
    }
}

fn roster_seeds() -> Vec<Vec<u8>> {
    let piece = |to: u8, act: &Act| [vec![to], act::encode(act)].concat();
    let members = [coordination(), agency(), left(), right()];
    let mut all: Vec<Vec<u8>> = members.iter().map(|it| piece(0, &it.enrolment())).collect();
    for to in [1, 2, 3, 5] {
        all.push(piece(to, &Act::Begin { previous: None }));
    }
    let reborn = piece(4, &Act::Begin { previous: Some(left().writer) });
    let circle = piece(3, &Act::Begin { previous: Some(left().reborn(33).writer) });
    let twice = piece(0, &crate::common::a_box(77, "puy-leveque", Role::Point).enrolment());
    let with = |more: &[Vec<u8>]| packed(&[&all[..], more].concat());
    vec![with(&[]), with(core::slice::from_ref(&reborn)), with(&[reborn, circle, twice])]
}

/// A root statement as its fields, never signed: nothing that is made up opens a shelf.
fn check_statement(data: &[u8]) {
    let mut bytes = data.iter().copied().chain(core::iter::repeat(0));
    let mut array = |count: usize| bytes.by_ref().take(count).collect::<Vec<u8>>();
    let true_one = statement();
    let coordination = Writer { key: PublicKey(array(32).try_into().unwrap()), ..true_one.coordination };
    let ends = (array(1)[0] % 2 == 1).then(|| (u32::from(array(1)[0]), array(32).try_into().unwrap()));
    let number = u32::from_be_bytes(array(4).try_into().unwrap());
    let signature: [u8; 64] = array(64).try_into().unwrap();
    let made_up = RootStatement { number, coordination, ends, signature };
    if Shelf::new(genesis().0, made_up.clone(), WEEK).is_ok() {
        assert_eq!(made_up, true_one, "the root signed one statement");
    }
}

fn statement_seeds() -> Vec<Vec<u8>> {
    let it = statement();
    let fields = [&it.coordination.key.0[..], &[0], &it.number.to_be_bytes(), &it.signature].concat();
    vec![fields, vec![0; 134]]
}

/// Pieces are frames of one peer: each leads to a bounded number of effects.
fn check_peer(data: &[u8]) {
    let mut node = Replicator::new(left().writer.key, full_shelf(&[agency().write(LEAF, &some_acts()[..4])]));
    let peer = right().writer.key;
    node.handle(0, WEEK, Input::Up(peer));
    for piece in pieces(data) {
        node.handle(0, WEEK, Input::Frame(peer, piece));
        let mut effects = 0;
        while let Some(effect) = node.poll() {
            effects += 1;
            assert!(
                matches!(effect, Effect::Cut(it, _) | Effect::Send { peer: it, .. } if it == peer)
                    || matches!(effect, Effect::Keep { .. })
            );
        }
        assert!(effects <= 64, "{effects} effects of one frame");
    }
}

fn peer_seeds() -> Vec<Vec<u8>> {
    let mut papers: Vec<Vec<u8>> =
        papers().iter().map(|it| frame::encode(&Frame::Acts(it.after(0).unwrap()))).collect();
    papers.push(frame::encode(&Frame::Acts(right().write(LEAF, &[book(&[(0, 1)], 1)]).after(0).unwrap())));
    let fork = agency().write(LEAF, &[open(), void(&[(1, 1)])]);
    vec![
        packed(&frame_seeds()),
        packed(&papers),
        packed(&[
            frame::encode(&Frame::Acts(fork.after(0).unwrap())),
            frame::encode(&Frame::Want(vec![(fork.short(), 0)])),
        ]),
    ]
}
