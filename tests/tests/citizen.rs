// SPDX-License-Identifier: EUPL-1.2
//! A citizen looks for a procedure on the portal, in their own words and with the keyboard alone.

use hameau_tests::person::Person;
use hameau_tests::world::World;

#[tokio::test]
async fn the_citizen_finds_a_procedure() {
    // Goal: which agency, its official site, the next free time; accents and case do not matter.
    let world = World::start(&["lot", "puy-leveque", "cpam-46", "caf-46", "carsat-mp"]).await;
    world.together().await;
    let citizen = Person::at("the citizen", world.door("puy-leveque", "portal")).await;
    citizen.sees("agency-cpam-46", "CPAM du Lot").await;
    citizen.picture("citizen").await;
    for (words, title, agency, site) in [
        ("carte vitale", "Commander ou renouveler sa carte Vitale", "CPAM du Lot", "https://www.ameli.fr/"),
        ("RSA", "Demander le RSA", "CAF du Lot", "https://www.service-public.gouv.fr/"),
        ("retraite", "Demander sa retraite", "CARSAT Midi-Pyrénées", "https://www.lassuranceretraite.fr/"),
        ("RETRAITE", "Demander sa retraite", "CARSAT Midi-Pyrénées", "https://www.lassuranceretraite.fr/"),
        (
            "complementaire sante",
            "Demander la Complémentaire santé solidaire",
            "CPAM du Lot",
            "https://www.service-public.gouv.fr/",
        ),
    ] {
        citizen.go(world.door("puy-leveque", "portal")).await;
        citizen.tab_to("search").await;
        citizen.press(words).await;
        citizen.tab_to("search-button").await;
        citizen.enter().await;
        let found = citizen.sees("result", title).await;
        assert!(found.contains(agency), "{words}: {found}");
        assert!(found.contains("Prochaine heure libre : "), "{words}: {found}");
        let of = |what: &str| {
            format!(
                "[...document.querySelectorAll('[data-test=result]')].find((it) => it.textContent.includes({title:?})).querySelector('[data-test={what}]')"
            )
        };
        let link = citizen.eval(&format!("{}.href", of("official"))).await;
        assert!(link.as_str().is_some_and(|link| link.starts_with(site)), "{words}: {link}");
        citizen.tab_to("official").await;
        citizen.picture(&format!("citizen-{}", words.to_lowercase().replace(' ', "-"))).await;
    }
    nothing_is_found_and_nothing_breaks(&citizen, &world).await;
    the_directory_is_a_demonstration(&citizen, &world).await;
    drop(citizen);
    drop(world.stop().await);
}

async fn nothing_is_found_and_nothing_breaks(citizen: &Person, world: &World) {
    for words in ["zzzz", "\"", "retraite AND", "<b>x</b>", "*"] {
        citizen.go(world.door("puy-leveque", "portal")).await;
        citizen.write("search", words).await;
        citizen.click("search-button").await;
        citizen.sees("search-count", "trouvée").await;
    }
    citizen.write("search", "zzzz").await;
    citizen.click("search-button").await;
    citizen.sees("search-count", "Aucune démarche trouvée").await;
    citizen.picture("citizen-nothing").await;
}

async fn the_directory_is_a_demonstration(citizen: &Person, world: &World) {
    // Goal: without an import there are themes, sheets and branches, and each page says that they are invented.
    citizen.go(world.door("puy-leveque", "portal")).await;
    citizen.click_on("theme", "CPAM du Lot (démonstration)").await;
    citizen.click_on("sheet-link", "Commander ou renouveler sa carte Vitale (démonstration)").await;
    citizen.sees("sheet-papers", "Une photo d'identité récente").await;
    citizen.sees("source", "Démonstration : fiches, guichets et horaires inventés").await;
    citizen.picture("citizen-demonstration-sheet").await;
    citizen.click_on("kind", "CPAM du Lot (démonstration)").await;
    citizen.click_on("branch-link", "CPAM du Lot (démonstration)").await;
    citizen.sees("branch-hours", "démonstration").await;
    citizen.sees("source", "Démonstration").await;
    citizen.go(world.door("puy-leveque", "portal")).await;
    citizen.write("search", "carte vitale").await;
    citizen.click("search-button").await;
    citizen.sees("result-source", "Fiche de démonstration").await;
}
