// SPDX-License-Identifier: EUPL-1.2
//! The call: a booth in a village and an advisor at the agency see and hear each other, and nobody else can.

use hameau_tests::person::{Camera, Person};
use hameau_tests::wait::until;
use hameau_tests::world::World;
use serde_json::Value;

use crate::exchanged::{exchanges, leaves_a_receipt_alone, shows_the_screen, write_to_each_other};

const PERSON: &str = r#"{"name":"Odette Vidéo","telephone":"","subject":"sa carte"}"#;
/// Pictures that make a call.
const FRAMES: u64 = 40;

#[tokio::test]
async fn the_call() {
    let world = World::start(&["lot", "puy-leveque", "gramat", "cpam-46"]).await;
    world.together().await;
    let soon = world.books("10:00", PERSON).await;
    let later = world.books("14:00", PERSON).await;
    let animateur = Person::signed_in("the animateur", &world, "puy-leveque", "animateur", Camera::Missing).await;
    let advisor = Person::signed_in("the advisor", &world, "cpam-46", "advisor", Camera::Works).await;
    advisor.sees_row("row", &["Odette Vidéo", "10 h 00"]).await;

    is_refused_outside_its_window(&world, &animateur, &advisor, &later).await;
    is_refused_to_others(&world, &soon).await;
    says_that_the_camera_fails(&world, &animateur, &advisor, &soon).await;
    let booth = Person::with("the person in the booth", world.door("puy-leveque", "booth"), Camera::Works).await;
    joins_from_both_sides(&animateur, &booth, &advisor).await;
    mutes_and_asks_for_help(&animateur, &booth, &advisor).await;
    exchanges(&booth, &advisor).await;
    write_to_each_other(&booth, &advisor).await;
    shows_the_screen(&booth, &advisor).await;
    ends_and_is_kept(&world, &animateur, &booth, &advisor, &soon).await;
    leaves_a_receipt_alone(&world).await;

    drop((animateur, advisor, booth));
    drop(world.stop().await);
}

async fn is_refused_outside_its_window(world: &World, animateur: &Person, advisor: &Person, later: &str) {
    let start = format!("[data-short=\"{later}\"] [data-test=start-call]");
    assert_eq!(animateur.texts(&start).await, Vec::<String>::new(), "nothing to press");
    let (status, said) = animateur.post(&format!("/animateur/rendez-vous/{later}/demarrer"), &[]).await;
    assert_eq!(status, 409, "{said}");
    assert!(said.starts_with("C'est trop tôt. L'appel ouvre à"), "{said}");
    assert_eq!(advisor.texts(&format!("[data-short=\"{later}\"] [data-test=join]")).await, Vec::<String>::new());
    let page = format!("{}/rendez-vous/{later}/appel", world.door("cpam-46", "advisor"));
    advisor.go(&page).await;
    advisor.sees("fault", "C'est trop tôt").await;
    advisor.picture("call-too-early").await;
    advisor.go(world.door("cpam-46", "advisor")).await;
}

async fn is_refused_to_others(world: &World, soon: &str) {
    let stranger = Person::signed_in("someone at Gramat", world, "gramat", "animateur", Camera::Missing).await;
    stranger
        .go(&format!(
            "{}/rendez-vous/nouveau?agence=cpam-46&motif=carte-vitale&creneau=0",
            world.door("gramat", "animateur")
        ))
        .await;
    stranger.sees("book-form", "Téléphone").await;
    let (status, said) = stranger.post(&format!("/animateur/rendez-vous/{soon}/demarrer"), &[]).await;
    assert_eq!(
        (status, said.as_str()),
        (403, "Ce rendez-vous appartient à un autre membre. On ne peut pas le changer ici.")
    );
    let (status, said) = stranger.post(&format!("/conseiller/rendez-vous/{soon}/appel/offre"), &[]).await;
    assert_eq!(status, 404, "{said}");
    assert!(said.contains("Cette page n'existe pas sur cet ordinateur"), "{said}");
}

/// A booth whose camera does not open says why; the animateur is called, and the advisor who waits is told.
async fn says_that_the_camera_fails(world: &World, animateur: &Person, advisor: &Person, soon: &str) {
    let door = world.door("puy-leveque", "booth");
    let denied = Person::with("a booth without leave", door, Camera::Denied).await;
    denied.sees("booth-waiting", "Bienvenue").await;
    animateur.sees("[data-test=glance-booth][data-state=free]", "libre").await;
    animateur.picture("animateur-before-call").await;
    animateur.click(&format!("[data-short=\"{soon}\"] [data-test=start-call]")).await;
    advisor.go(&format!("{}/rendez-vous/{soon}/appel", world.door("cpam-46", "advisor"))).await;
    is_told_by_the_booth(
        &denied,
        "Le navigateur n'a pas le droit d'utiliser la caméra et le micro",
        "denied",
        animateur,
        advisor,
    )
    .await;
    drop(denied);
    let missing = Person::with("a booth without a camera", door, Camera::Missing).await;
    is_told_by_the_booth(&missing, "Pas de caméra. Vérifiez qu'elle est branchée", "missing", animateur, advisor).await;
    advisor.go(world.door("cpam-46", "advisor")).await;
}

async fn is_told_by_the_booth(booth: &Person, sentence: &str, name: &str, animateur: &Person, advisor: &Person) {
    booth.sees("call-fault", sentence).await;
    booth.sees("call-fault", "L'animateur est prévenu").await;
    booth.picture(&format!("booth-camera-{name}")).await;
    animateur.sees("help-wanted", "vous appelle").await;
    advisor.sees("call-state", "La cabine n'est pas prête : l'animateur du point est appelé").await;
    animateur.picture("animateur-help-wanted").await;
    advisor.picture(&format!("advisor-booth-camera-{name}")).await;
    animateur.click("help-seen").await;
    animateur.sees_no("help-wanted").await;
    advisor.sees("call-state", "La personne s'installe").await;
}

async fn joins_from_both_sides(animateur: &Person, booth: &Person, advisor: &Person) {
    booth.sees("call-with", "Appel avec CPAM du Lot").await;
    booth.sees("call-state", "Le conseiller arrive").await;
    animateur.sees("booth-awake", "Cabine").await;
    advisor.sees("person-waiting", "La personne est arrivée à Puy-l'Évêque").await;
    advisor.picture("advisor-person-waiting").await;
    advisor.click("join-waiting").await;
    advisor.sees("call-details", "Odette Vidéo").await;
    let there = advisor.hears_and_sees(FRAMES).await;
    let here = booth.hears_and_sees(FRAMES).await;
    println!("at the agency {there:?}, in the booth {here:?}");
    advisor.sees("call-state", "Vous êtes en ligne").await;
    booth.sees("call-state", "Vous êtes en ligne").await;
    advisor.sees("line", "Qualité de la ligne").await;
    until("the time elapsed moves", async || {
        let shown = advisor.texts("elapsed").await.concat();
        if shown.is_empty() || shown == "0:00" { Err(shown) } else { Ok(()) }
    })
    .await;
    animateur.sees("state", "appel en cours").await;
    chooses_where_it_is_heard(booth).await;
    keeps_its_buttons_on_small_screens(booth).await;
    booth.picture("booth-in-call").await;
    advisor.picture("advisor-in-call").await;
    animateur.picture("animateur-in-call").await;
}

/// A booth with several outputs asks by large buttons, warns where all of the room hears, and remembers the choice. The
/// browser's invented devices have no name of a headset.
async fn chooses_where_it_is_heard(booth: &Person) {
    booth.sees("outputs", "Comment voulez-vous entendre le conseiller").await;
    booth.picture("booth-outputs").await;
    booth.click("output").await;
    booth.sees_no("outputs").await;
    booth.sees("aloud", "fermez la porte").await;
    let chosen = "document.getElementById('remote').sinkId";
    let kept = "localStorage.getItem('hameau-output-1')";
    let sink = booth.eval(chosen).await;
    assert!(sink.as_str().is_some_and(|it| it.len() > 8), "{sink}");
    assert_eq!(booth.eval(kept).await, sink);
    // As if a headset were plugged in: its name is all that tells it.
    let list = "(async () => { const all = await navigator.mediaDevices.enumerateDevices(); \
        navigator.mediaDevices.enumerateDevices = async () => all.map((it) => it.kind === 'audiooutput' ? \
        { kind: it.kind, deviceId: it.deviceId, label: 'Casque ' + it.label } : it); })()";
    booth.eval(list).await;
    booth.click("other-output").await;
    booth.sees("outputs", "Casque").await;
    booth.click("output").await;
    booth.sees_no("aloud").await;
    booth.sees_no("outputs").await;
}

/// The screen of a booth may be old and small: the picture gives way, the buttons stay.
async fn keeps_its_buttons_on_small_screens(booth: &Person) {
    for (width, height) in [(1024, 600), (1024, 768)] {
        booth.screen(width, height).await;
        for button in ["mute", "help", "hang-up", "elapsed"] {
            booth.sees_whole(button).await;
        }
        booth.picture(&format!("booth-in-call-{width}x{height}")).await;
    }
}

async fn mutes_and_asks_for_help(animateur: &Person, booth: &Person, advisor: &Person) {
    advisor.click("mute").await;
    advisor.sees("mute", "Remettre le micro").await;
    booth.sees("other-muted", "Le micro de l'autre côté est coupé").await;
    advisor.click("mute").await;
    booth.sees_no("other-muted").await;
    booth.click("dark").await;
    booth.sees("dark", "Rallumer ma caméra").await;
    advisor.sees("other-dark", "a coupé sa caméra").await;
    booth.click("dark").await;
    advisor.sees_no("other-dark").await;
    let words = booth.texts("phrase-words").await;
    assert_eq!(words.first().map_or(0, |it| it.split(' ').count()), 4, "{words:?}");
    assert_eq!(words, advisor.texts("phrase-words").await, "both read the same words");
    advisor.click("whole").await;
    let whole = "document.fullscreenElement !== null";
    until("the call fills the screen", async || match advisor.eval(whole).await {
        Value::Bool(true) => Ok(()),
        other => Err(other.to_string()),
    })
    .await;
    advisor.click("whole").await;
    booth.click("help").await;
    booth.sees("call-state", "L'animateur est prévenu").await;
    animateur.sees("help-wanted", "vous appelle").await;
    animateur.click("help-seen").await;
    animateur.sees_no("help-wanted").await;
}

async fn ends_and_is_kept(world: &World, animateur: &Person, booth: &Person, advisor: &Person, soon: &str) {
    advisor.click("hang-up").await;
    advisor.sees("call-ended", "L'appel est terminé").await;
    booth.sees("booth-ended", "L'appel est terminé").await;
    booth.picture("booth-ended").await;
    assert!(!booth.page_source().await.contains("Odette"), "nothing of the person was ever on that screen");
    booth.sees("booth-waiting", "Bienvenue").await;
    advisor.click("back-to-agenda").await;
    advisor.sees_row("row", &["Odette Vidéo", "10 h 00", "honoré", "Durée : "]).await;
    animateur.sees(&format!("[data-short=\"{soon}\"] [data-test=state]"), "honoré").await;
    let page = format!("{}/rendez-vous/{soon}", world.door("puy-leveque", "animateur"));
    animateur.go(&page).await;
    animateur.sees("appointment", "minute").await;
    animateur.sees("appointment", "Durée : ").await;
    animateur.picture("appointment-kept").await;
    // The wait from the arrival to the call, once although both were cut off and came back.
    for (member, calls) in [("puy-leveque", 1), ("cpam-46", 0)] {
        let counts = world.hameau(member, &["counts", "--json"]).await.json();
        let waits = counts["node"].as_array().expect("a list").iter().filter_map(|it| it["wait_min"].as_object());
        let counted = waits.flat_map(|it| it.values()).filter_map(Value::as_u64).sum::<u64>();
        assert_eq!(counted, calls, "{member}: {counts}");
    }
    for member in ["puy-leveque", "cpam-46"] {
        let agenda = world.hameau(member, &["agenda", "--json"]).await.json();
        let kept = |it: &&Value| it["from"] == "2027-03-02T10:00+01:00" && it["state"] == "kept";
        assert_eq!(agenda.as_array().expect("a list").iter().filter(kept).count(), 1, "{member}: {agenda}");
    }
}
