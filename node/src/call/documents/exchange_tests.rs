// SPDX-License-Identifier: EUPL-1.2
//! What two sides say to each other, frame by frame.

use super::*;

const PDF: Kind = Kind::Pdf;

/// Passes what both say to each other until they have nothing to say, or the line is cut at a frame, which is lost. Files
/// are as long as they should be.
fn talk(here: &mut Exchange, there: &mut Exchange, cut_after: usize) -> usize {
    let mut said = 0;
    while said < cut_after {
        let before = said;
        for way in [true, false] {
            let (from, to) = if way { (&mut *here, &mut *there) } else { (&mut *there, &mut *here) };
            while let Some(say) = from.next() {
                said += 1;
                if said >= cut_after {
                    return said;
                }
                let frame = match say {
                    Say::Frame(frame) => frame,
                    Say::Part { hash, at, length } => Frame::Part { hash, at, bytes: vec![0; length] },
                };
                let task = match to.hear(frame) {
                    Some(Task::Write(hash, bytes)) => to.written(&hash, u32::try_from(bytes.len()).unwrap()),
                    task => task,
                };
                if let Some(Task::Check(hash)) = task {
                    to.checked(&hash, PDF, 5);
                }
            }
        }
        if said == before {
            break;
        }
    }
    said
}

fn stand(of: &Exchange, hash: Hash) -> Option<Stand> {
    of.items.iter().find(|it| it.hash == hash).map(|it| it.stand)
}

#[test]
fn cuts_at_any_frame_lose_nothing() {
    // Goal: three documents, two one way and one the other, whatever frame is the last of a line: all come, each byte
    // once.
    for cut_after in 1..200 {
        let (mut here, mut there) = (Exchange::new(false, vec![]), Exchange::new(false, vec![]));
        here.add([1; 32], "a", PDF, 40_000);
        here.add([2; 32], "b", PDF, 70_001);
        there.add([3; 32], "c", PDF, 1);
        for _ in 0..20 {
            talk(&mut here, &mut there, cut_after);
            here.line_up();
            there.line_up();
        }
        talk(&mut here, &mut there, usize::MAX);
        for hash in [[1; 32], [2; 32], [3; 32]] {
            let both = [stand(&here, hash), stand(&there, hash)];
            assert_eq!(both, [Some(Stand::There); 2], "{cut_after}");
        }
        assert!(here.items.iter().chain(&there.items).all(|it| it.have == it.bytes), "{cut_after}");
    }
}

#[test]
fn no_more_is_under_way_than_may_be() {
    let mut here = Exchange::new(false, vec![]);
    here.add([1; 32], "a", PDF, 1_000_000);
    here.hear(Frame::Wanted { hash: [1; 32], have: 0 });
    for (kbps, window) in [(0, 8 * 1024), (100, 12_500), (1_000_000, 256 * 1024)] {
        here.line_up();
        here.hear(Frame::Wanted { hash: [1; 32], have: 0 });
        here.pace(kbps);
        let parts = std::iter::from_fn(|| here.next()).filter_map(|say| match say {
            Say::Part { length, .. } => Some(length),
            Say::Frame(_) => None,
        });
        let under_way: usize = parts.sum();
        assert!((window..window + PART_BYTES_MAX).contains(&under_way), "{kbps}: {under_way}");
    }
}

#[test]
fn a_hostile_node_gets_no_further() {
    // Goal: too large, too many, too much together, parts that nobody wants, parts beyond the end, answers about what was
    // never offered: each is refused or passed over.
    let mut here = Exchange::new(true, vec![]);
    let offer = |hash, bytes| Frame::Offer { hash: [hash; 32], bytes, name: "x".repeat(5_000) };
    here.hear(offer(1, DOCUMENT_BYTES_MAX + 1));
    here.hear(offer(2, 0));
    assert_eq!(here.items.len(), 0);
    for hash in 10..14 {
        here.hear(offer(hash, DOCUMENT_BYTES_MAX));
    }
    assert_eq!(here.items.len(), 3, "100 MB hold three of 30");
    for hash in 20..60 {
        here.hear(offer(hash, 1));
    }
    assert_eq!(here.items.len(), DOCUMENTS_MAX);
    assert!(here.items.iter().all(|it| it.name.len() <= 80 && it.stand == Stand::Asked));
    let part = |at, bytes| Frame::Part { hash: [20; 32], at, bytes };
    assert_eq!(here.hear(part(0, vec![0])), None, "nobody has said yes");
    let id = id_of(&[20; 32], false);
    assert!(here.answer(&id, true) && !here.answer(&id, true));
    assert_eq!(here.hear(part(1, vec![0])), None, "a gap");
    assert_eq!(here.hear(part(0, vec![0; 2])), None, "beyond its end");
    assert_eq!(here.hear(part(0, vec![])), None, "nothing");
    assert!(here.hear(part(0, vec![0])).is_some());
    for _ in 0..1_000 {
        here.hear(offer(90, DOCUMENT_BYTES_MAX + 1));
    }
    assert!(here.said.len() <= SAID_MAX, "{} answers wait", here.said.len());
    here.said.clear();
    here.hear(Frame::Wanted { hash: [99; 32], have: 7 });
    here.hear(Frame::There { hash: [99; 32] });
    here.hear(Frame::Look(Some(LookFrame { hash: [99; 32], is_senders: true, page: 0, point: None })));
    assert_eq!(here.look(), None);
}

#[test]
fn a_stop_at_the_last_byte_is_no_stop() {
    // Goal: who has all bytes and was stopped before the check says so at the next offer; what is behind it comes too.
    let (mut here, mut there) = (Exchange::new(false, vec![]), Exchange::new(false, vec![]));
    here.add([1; 32], "a", PDF, 10);
    here.add([2; 32], "b", PDF, 10);
    talk(&mut here, &mut there, usize::MAX);
    for item in there.items.iter_mut().chain(&mut here.items).filter(|it| it.hash == [1; 32]) {
        item.stand = Stand::Moving;
    }
    here.items.retain(|it| it.hash == [1; 32]);
    here.add([3; 32], "c", PDF, 10);
    here.line_up();
    there.line_up();
    talk(&mut here, &mut there, usize::MAX);
    for hash in [[1; 32], [3; 32]] {
        assert_eq!([stand(&here, hash), stand(&there, hash)], [Some(Stand::There); 2]);
    }
}

#[test]
fn what_cannot_be_read_any_more_is_taken_back() {
    let (mut here, mut there) = (Exchange::new(false, vec![]), Exchange::new(true, vec![]));
    here.add([1; 32], "a", PDF, 100_000);
    talk(&mut here, &mut there, usize::MAX);
    assert!(there.answer(&id_of(&[1; 32], false), true));
    while let Some(Say::Frame(frame)) = there.next() {
        assert_eq!(here.hear(frame), None);
    }
    here.lose(&[1; 32]);
    talk(&mut here, &mut there, usize::MAX);
    let gone = Some(Stand::Declined(Declined::Disk));
    assert_eq!([stand(&here, [1; 32]), stand(&there, [1; 32])], [gone; 2]);
}

#[test]
fn what_is_over_is_finished() {
    // Goal: at the agency what is whole stays and the rest goes; at the point a count is left. Then a new call begins.
    for is_cleared in [false, true] {
        let (mut here, mut there) = (Exchange::new(false, vec![]), Exchange::new(false, vec![]));
        here.add([1; 32], "a", PDF, 10);
        talk(&mut here, &mut there, usize::MAX);
        there.stamp(7);
        here.add([2; 32], "b", PDF, 10);
        if let Some(Say::Frame(offer)) = here.next() {
            there.hear(offer);
        }
        if is_cleared {
            there.end()
        } else {
            there.finish()
        }
        assert_eq!((there.shown().len(), there.receipts().len()), (usize::from(!is_cleared), 1));
        here.line_up();
        there.line_up();
        talk(&mut here, &mut there, usize::MAX);
        assert_eq!(stand(&here, [2; 32]), Some(Stand::There), "it is offered anew");
    }
}
