# SPDX-License-Identifier: EUPL-1.2
#
# Sentences of the five doors, in French. The English file holds the same keys with the same variables.
#
# How to write here: short sentences, everyday words, one idea each; say what happened, then what to do. The person
# who reads may be tired or worried, or may read with difficulty. « Organisme » is the CPAM, the CAF and the others;
# « point » is the place in the village; « cabine » is the room of the call. No citizen's detail is put together
# here into anything that is logged or sent: only into pages.
#
# Variables: $day, $count and $minutes are numbers; all others are text, the year and the port too ($hour and $minute
# with two digits). Before : ; ? ! and inside « » stands a no-break space (U+00A0), so that no line begins with the sign.

## The whole

site-name = Hameau
site-tagline = Les services publics, près de chez vous
skip-to-content = Aller au contenu
language-other = English
demo-clock = Heure de démonstration : { $time }
demo-notice = Démonstration : les horaires et les guichets sont inventés. Aucun organisme n'est prévenu.
unknown = Inconnu
optional = facultatif

## Doors: titles and navigation

door-booth = Cabine

title-citizen = Vos démarches
title-agencies = Les organismes
title-booth = Cabine de { $point }
title-animateur = Rendez-vous de { $point }
title-book = Prendre un rendez-vous
title-slots = Les heures libres
title-appointment = Le rendez-vous
title-amend = Corriger le rendez-vous
title-slip = Votre rendez-vous
title-advisor = L'agenda · { $agency }
title-call = Appel vidéo
title-coordination = Le réseau : { $territory }
title-error = Cela n'a pas marché

nav-label = Menu principal
nav-language = Langue
nav-today = Aujourd'hui
nav-book = Prendre un rendez-vous
nav-previous-day = Jour d'avant
nav-next-day = Jour d'après

## Days and hours

weekday-mon = lundi
weekday-tue = mardi
weekday-wed = mercredi
weekday-thu = jeudi
weekday-fri = vendredi
weekday-sat = samedi
weekday-sun = dimanche

month-1 = janvier
month-2 = février
month-3 = mars
month-4 = avril
month-5 = mai
month-6 = juin
month-7 = juillet
month-8 = août
month-9 = septembre
month-10 = octobre
month-11 = novembre
month-12 = décembre

date-day = { $day ->
    [1] { $weekday } 1er { $month }
   *[other] { $weekday } { $day } { $month }
}
date-full = { $day ->
    [1] { $weekday } 1er { $month } { $year }
   *[other] { $weekday } { $day } { $month } { $year }
}
month-of-year = { $month } { $year }
week-of-year = semaine { $week } de { $year }
time-of-day = { $hour } h { $minute }
today = aujourd'hui
tomorrow = demain
minutes = { $minutes ->
    [one] { $minutes } minute
   *[other] { $minutes } minutes
}
starts-in = { $minutes ->
    [0] C'est l'heure
    [one] Dans { $minutes } minute
   *[other] Dans { $minutes } minutes
}

## Citizen

citizen-search-label = Que voulez-vous faire ?
citizen-search-hint = Par exemple : carte vitale, RSA, retraite
citizen-search-count = { $count ->
    [0] Aucune démarche trouvée
    [one] { $count } démarche trouvée
   *[other] { $count } démarches trouvées
}
citizen-search-none = Essayez un autre mot, ou demandez à l'animateur : il est là pour vous aider.
citizen-official-site = Ouvrir le site officiel
citizen-official-site-none = Pas d'adresse connue. Demandez à l'animateur.
citizen-next-slot = Prochaine heure libre : { $when }
citizen-next-slot-none = Pas d'heure libre dans les semaines publiées.
citizen-book-hint = Pour prendre un rendez-vous, adressez-vous à l'animateur.
citizen-papers = À apporter
citizen-video-explained = Vous parlez à un conseiller par vidéo, seul dans une pièce fermée. Rien n'est enregistré.
citizen-free = C'est gratuit.

## The State's sheets and branches, on the citizen's screen

title-themes = Choisissez un thème
title-directory = L'annuaire des services
title-commune = Votre commune
title-who-helps = Qui peut vous aider ?
official-sheet = Fiche officielle
official-sheet-demo = Fiche de démonstration
official-source-demo = Démonstration : fiches, guichets et horaires inventés, dans la forme des fichiers de Service Public.
official-source = Source : Service Public (DILA), Licence Ouverte 2.0, repris le { $date }
button-keyboard = Clavier à toucher
button-home = Retour au début
button-page-before = Page d'avant
button-page-next = La suite
button-ask-appointment = Prendre rendez-vous
button-commune = Choisir ma commune
button-commune-other = Choisir une autre commune
button-commune-forget = Oublier
button-finish = J'ai fini : effacer l'écran
button-still-there = Oui, je suis là
key-space = espace
key-back = effacer
screen-ask-help = Ce bouton appelle l'animateur. Aucun nom n'est demandé ici.
screen-asked = L'animateur est prévenu.
screen-asked-wait = L'animateur est prévenu. Allez le voir : il prend le rendez-vous avec vous.
screen-wish = Une personne à l'écran demande un rendez-vous : « { $title } »
commune-mine = Ma commune : { $commune }
commune-competent = Pour { $commune }
commune-none-competent = L'annuaire officiel ne dit pas qui est compétent pour votre commune. Demandez à l'animateur.
commune-none-at = Aucune commune ici n'a ce code postal.
commune-postcode = Votre code postal
commune-letter = Ou la première lettre de votre commune
commune-none = Les communes ne sont pas encore sur cette boîte : elles viennent des mairies de l'annuaire. Demandez à l'animateur.
directory-none = L'annuaire n'est pas encore sur cette boîte. Demandez à l'animateur.
directory-count = { $count ->
    [one] { $count } adresse
   *[other] { $count } adresses
}
branch-days = { $from } à { $to }
branch-span = { $from } – { $to }
branch-official = Sa page sur Service Public
branch-access-yes = Accessible en fauteuil roulant
branch-access-asking = Accessible en fauteuil roulant sur demande
branch-access-no = Non accessible en fauteuil roulant
idle-title = Êtes-vous toujours là ?
idle-countdown = Cet écran s'efface, en secondes :
idle-clearing = Cet écran s'efface…
idle-failed = Cet écran n'a pas pu être effacé. Rien de ce qui était affiché ne l'est plus. Prévenez l'animateur.

## Booking form

form-agency = Organisme
form-service = Motif
form-booth = Cabine
form-name = Nom et prénom
form-name-hint = Comme sur la pièce d'identité
form-phone = Téléphone
form-phone-hint = Pour prévenir la personne si l'heure change. 10 chiffres ; hors de France, + et l'indicatif du pays, 15 chiffres au plus.
form-phone-none = Pas de téléphone
form-subject = Objet
form-subject-hint = En quelques mots. Seuls ce point et l'organisme peuvent le lire.
form-reason = Raison
form-reason-hint = La personne lira cette phrase.
form-privacy = Le nom, le téléphone et l'objet sont mis sous enveloppe. Seuls ce point et l'organisme peuvent les lire.

## Agencies compared

title-compare = Les premières heures libres
compare-label = Sujet du rendez-vous
compare-hint = Choisissez ou écrivez, par exemple : retraite, RSA. Laissez vide pour tout comparer.
compare-count = { $count ->
    [0] Aucun motif trouvé. Essayez un autre mot.
    [one] Un motif trouvé
   *[other] { $count } motifs, du plus tôt au plus tard
}
compare-by-agency = Choisir par organisme
button-compare = Comparer

## Buttons

button-search = Chercher
button-book = Réserver
button-ask = Demander cette heure
button-see-slots = Voir les heures libres
button-save = Enregistrer
button-amend = Corriger
button-cancel-appointment = Annuler ce rendez-vous
button-void = Annuler au nom de l'organisme
button-drop-ask = Retirer la demande
button-print = Imprimer
button-back = Retour
button-retry = Essayer encore
button-start-call = Démarrer l'appel
button-join-call = Rejoindre l'appel
button-hang-up = Raccrocher
button-weak-line = Connexion faible
button-no-picture = Ne pas recevoir l'image
button-dark = Couper ma caméra
button-undark = Rallumer ma caméra
call-other-dark = L'autre personne a coupé sa caméra.
call-phrase = Mots de contrôle, les mêmes des deux côtés :
button-whole-screen = Plein écran
button-mute = Couper le micro
button-unmute = Remettre le micro
button-help = Appeler l'animateur
button-help-seen = J'arrive
button-arrived = La personne est arrivée
button-no-show = La personne n'est pas venue
button-kept = Le rendez-vous a eu lieu
button-give-booth = Donner une cabine et confirmer
button-called-back = Personne rappelée

## States of a slot or an appointment

state-asked = à confirmer
state-confirmed = confirmé
state-moved = déplacé
state-cancelled-point = annulé par le point
state-cancelled-agency = annulé par l'organisme
state-suspended = en suspens
state-kept = honoré
state-no-show = personne absente
state-interrupted = interrompu
state-refused = à rappeler
state-waiting-room = personne arrivée
state-in-call = appel en cours

state-asked-help = La demande est partie ou partira dès que le réseau revient. Ce n'est pas encore sûr : ne promettez pas l'heure.
state-confirmed-help = Le rendez-vous est sûr.
state-moved-help = La personne a une autre heure, à la place de celle-ci.
state-cancelled-point-help = Le point a annulé ce rendez-vous.
state-cancelled-agency-help = L'organisme a annulé ce rendez-vous. Raison : { $reason }
state-suspended-help = Il y a un doute sur ce rendez-vous. Une personne de l'organisme doit décider. Appelez avant de faire venir la personne.
state-orphaned-help = L'organisme garde ce rendez-vous. La boîte du point a été remplacée : le point doit lui redonner une cabine. L'organisme a le nom et le téléphone de la personne.
state-kept-help = { $minutes ->
    [0] Le rendez-vous a eu lieu.
    [one] Le rendez-vous a eu lieu. Durée : { $minutes } minute.
   *[other] Le rendez-vous a eu lieu. Durée : { $minutes } minutes.
}
state-no-show-help = La personne n'est pas venue.
state-interrupted-help = L'appel s'est arrêté avant la fin.
state-refused-help = L'heure demandée n'était plus libre. Appelez la personne et proposez une autre heure.
state-refused-none-help = L'organisme n'a pas donné cette heure et n'en propose pas d'autre : tout est pris cette semaine-là, ou ce point a déjà tous les rendez-vous que l'organisme lui accorde. Appelez la personne et proposez une autre semaine.
refused-alternatives = { $count ->
    [0] Pas d'autre heure proposée. Cherchez dans les heures libres.
    [one] Autre heure possible :
   *[other] Autres heures possibles :
}

## Animateur

animateur-today-empty = Pas de rendez-vous aujourd'hui.
animateur-callback-count = { $count ->
    [0] Aucune personne à rappeler
    [one] { $count } personne à rappeler
   *[other] { $count } personnes à rappeler
}
suspended-count = { $count ->
    [one] { $count } rendez-vous en suspens
   *[other] { $count } rendez-vous en suspens
}
suspended-point = La boîte de ce point a recommencé depuis. L'organisme ({ $agency }) doit dire s'il garde ce rendez-vous, en tapant « hameau settle { $member } » : appelez-le, et ne faites pas venir la personne avant.
suspended-agency = Le registre de l'organisme est en doute, par exemple parce que sa boîte a recommencé. Une personne de l'organisme doit décider : appelez-le avant de faire venir la personne.
animateur-slots-count = { $count ->
    [0] Pas d'heure libre
    [one] { $count } créneau libre
   *[other] { $count } créneaux libres
}
animateur-booked = Rendez-vous confirmé : { $agency }, { $when }.
animateur-asked = Demande enregistrée : { $agency }, { $when }. La réponse de l'organisme s'affiche ci-dessous dès qu'elle arrive.
animateur-booth-given = La cabine est donnée : le rendez-vous est confirmé.
callback-there = À rappeler : ce que vous pouvez proposer
callback-name-there = Le nom et le téléphone sont chez l'organisme
animateur-amended = Rendez-vous corrigé.
animateur-cancelled = Rendez-vous annulé. L'heure redevient libre.
animateur-cancel-tell = Pensez à prévenir la personne.
animateur-not-yet-known = L'organisme n'a pas encore reçu cette nouvelle.
animateur-help-wanted = La personne en cabine vous appelle.
room-checks = La cabine, avant l'appel
room-door = La porte se ferme, personne n'entend du couloir
room-sound = Le casque est branché, ou le haut-parleur est bas
room-screen = L'écran ne se voit ni d'une fenêtre ni de la porte
animateur-before-call = Installez la personne dans la cabine, puis démarrez l'appel. Ensuite, laissez-la seule.

## Advisor

advisor-today-empty = Pas de rendez-vous aujourd'hui.
advisor-person-waiting = La personne est arrivée à { $point }.
advisor-details = Les détails
advisor-details-sealed = Ces détails sont sous enveloppe. Ils ne peuvent pas être lus ici.
details-erased = Nom, téléphone et sujet sont effacés : le rendez-vous a plus de six mois.
advisor-closed-day = Le guichet est fermé ce jour-là. Annulez ce rendez-vous : le point rappellera la personne.
advisor-closed-days = { $count ->
    [one] un rendez-vous tombe un jour de fermeture. Annulez-le, ou ouvrez ce jour dans member.toml.
   *[other] { $count } rendez-vous tombent un jour de fermeture. Annulez-les, ou ouvrez ce jour dans member.toml.
}
advisor-void-done = Rendez-vous annulé. Le point va prévenir la personne.
advisor-void-free = Conseiller absent ou lieu fermé : l'heure n'est plus proposée à personne, tant que vous ne la proposez pas de nouveau. Erreur ou autre raison : elle est proposée aussitôt.
advisor-withdrawn = Cette heure n'est plus proposée à personne.
advisor-offer-again = La proposer de nouveau
advisor-offered-again = L'heure est de nouveau proposée aux points.
advisor-void-sure = Annuler ce rendez-vous ? Le point devra rappeler la personne.
advisor-outcome = Comment s'est passé le rendez-vous ?

## Coordination

coordination-members-count = { $count ->
    [one] { $count } membre
   *[other] { $count } membres
}
coordination-member = Membre
coordination-role = Rôle
coordination-reach = Liaison
coordination-never-heard = Pas encore de nouvelles
role-point = point
role-agency = organisme
role-coordination = coordination

## Line and reach

line-label = Qualité de la ligne
line-cut = coupée
line-good = bonne
line-fair = moyenne
line-poor = faible
way-direct = direct
way-relayed = par le relais
rung-small = Ligne faible : son prioritaire, image plus petite.
rung-still = Ligne faible : son prioritaire, une image fixe toutes les quelques secondes.
rung-chosen-here = Connexion faible, à votre demande : image plus petite.
rung-chosen-there = Connexion faible, à la demande de l'autre côté : image plus petite.
rung-no-picture-here = Sans image, à votre demande : vous entendez l'autre côté, il vous voit.
rung-no-picture-there = L'autre côté vous entend et ne reçoit pas votre image, à sa demande.
rung-sound = Ligne faible : son prioritaire, sans image.

reach-direct = direct
reach-lan = réseau local
reach-relayed = par relais
reach-through = par un voisin
reach-unheard = injoignable
reach-self = cet ordinateur
reach-alone = Le réseau est coupé. Les heures gardées pour ce point restent possibles.

## Call

call-with = Appel avec { $agency }
call-at = Appel avec { $point }
call-waiting-advisor = Le conseiller arrive. Vous n'avez rien à faire.
call-waiting-person = La personne s'installe.
call-waiting-help = La cabine n'est pas prête : l'animateur du point est appelé. L'appel commencera tout seul.
call-connecting = Liaison en cours
call-connected = Vous êtes en ligne
call-ended = L'appel est terminé.
call-interrupted = La ligne n'est pas revenue : l'appel est interrompu. Quand elle revient, l'un de vous deux peut le reprendre.
call-interrupted-booth = La ligne n'est pas revenue : l'appel est interrompu. Voyez l'animateur : il peut le reprendre, ou trouver une autre heure.
call-ended-thanks = L'appel est terminé. Vous pouvez sortir. L'animateur est là. Cet écran s'est effacé : il n'y reste rien de vous.
call-cut = La ligne est coupée. L'appel reprend tout seul dès qu'elle revient. Ne raccrochez pas.
call-other-muted = Le micro de l'autre côté est coupé.
call-you = Vous
call-other = L'autre personne
call-not-recorded = Rien n'est enregistré.
call-help-sent = L'animateur est prévenu.

call-refused-no-camera = Pas de caméra. Vérifiez qu'elle est branchée, puis essayez encore.
call-refused-permission = Le navigateur n'a pas le droit d'utiliser la caméra et le micro. Cliquez sur le cadenas en haut, dites oui, puis essayez encore.
call-refused-busy-device = La caméra est déjà prise par un autre programme. Fermez-le, puis essayez encore.
call-refused-too-early = C'est trop tôt. L'appel ouvre à { $time }, 15 minutes avant le rendez-vous.
call-refused-other = Cet appel est pour un autre rendez-vous. Vérifiez l'heure et la cabine.
call-refused-not-confirmed = Ce rendez-vous n'est pas encore confirmé. L'appel ne peut pas commencer.
call-refused-browser = Ce navigateur ne sait pas faire d'appel vidéo. Prenez Firefox ou Chromium, à jour.

## Booth

booth-idle = Bienvenue
booth-idle-help = L'animateur va démarrer votre appel. Vous n'avez rien à toucher.

## Printed slip

slip-heading = Votre rendez-vous
slip-with = Avec : { $agency }
slip-service = Pour : { $service }
slip-where = Où : { $point }, { $booth }
slip-arrive = Venez 10 minutes avant.
slip-papers = Apportez :
slip-how = Vous parlerez à un conseiller par vidéo, dans une pièce fermée. L'animateur vous installe. Vous n'avez rien à faire sur l'ordinateur.
slip-confirmed = Ce rendez-vous est confirmé.
slip-asked = Ce rendez-vous est à confirmer. Nous vous appelons dès que l'organisme répond. Ne venez pas avant notre appel.
slip-cancel = Vous ne pouvez pas venir ? Prévenez le point, pour que l'heure serve à une autre personne.
slip-telephone = Téléphone du point :
slip-reference = Numéro : { $reference }
slip-code = Code à lire par l'organisme
slip-code-hint = Pour l'organisme : si le réseau est coupé, ce code apporte ce rendez-vous. Le nom et le téléphone y sont chiffrés.
slip-code-of = Code { $place } sur { $count }
slip-demo = Démonstration : ce rendez-vous n'existe pas.

## What went wrong, and what to do

error-page-not-found = Cette page n'existe pas. Revenez à l'accueil.
error-session-old = La page était ouverte depuis trop longtemps. Rien n'a été changé. Rechargez-la, puis recommencez.
error-foreign-request = Cette demande ne vient pas de cette page. Elle est refusée.
error-internal = Une erreur est survenue dans cet ordinateur. Rien n'a été réservé. Essayez encore ; si cela recommence, prévenez la coordination.
error-form = { $count ->
    [one] Une case est à corriger.
   *[other] { $count } cases sont à corriger.
}
error-name-missing = Écrivez le nom de la personne.
error-name-long = Le nom est trop long. { $max } caractères au plus.
error-phone-missing = Écrivez un numéro de téléphone, ou cochez « pas de téléphone ».
error-phone-form = Ce numéro n'a pas la bonne forme. En France il a 10 chiffres, comme 06 12 34 56 78 ; ailleurs écrivez + et l'indicatif du pays, 15 chiffres au plus.
error-subject-long = L'objet est trop long. { $max } caractères au plus.
error-reason-missing = Écrivez la raison.
error-disk-refuses = Le disque de cet ordinateur ne garde plus rien. Ce qui est affiché est le dernier état gardé ; rien ne peut plus être réservé ni changé. Prévenez la coordination : il faut vérifier le disque et la place libre, puis relancer le programme.
error-disk-slow = Le disque de cet ordinateur est lent : garder un rendez-vous prend du temps, et le disque s'use peut-être. Prévenez la coordination : il faut faire une sauvegarde, puis vérifier le disque ou le remplacer.
error-disk-full = Le disque de cet ordinateur est plein. Ce qui est affiché est le dernier état gardé ; rien ne peut être réservé ni changé. Prévenez la coordination : dès qu'il y aura de la place, l'ordinateur reprendra de lui-même.
damage-own = Le registre de cet ordinateur était abîmé sur son disque ; il a été mis de côté ({ $files }). L'ordinateur recommence sans les heures qui lui étaient gardées ; les autres membres lui rendent ce qu'ils savaient. Comparez l'agenda avec votre liste sur papier, et appelez la coordination : il faut vérifier le disque, et chaque organisme doit taper « hameau settle ». Quand c'est fait, rangez ailleurs le fichier mis de côté.
damage-gone = Le registre de cet ordinateur a disparu de son disque, ou n'est plus le sien. L'ordinateur recommence sans les heures qui lui étaient gardées ; les autres membres lui rendent ce qu'ils savaient. Comparez l'agenda avec votre liste sur papier, et appelez la coordination : il faut vérifier le disque, et chaque organisme doit taper « hameau settle ».
damage-others = { $count ->
    [one] Une page de l'agenda commun était abîmée sur le disque de cet ordinateur. Elle est redemandée aux autres membres.
   *[other] { $count } pages de l'agenda commun étaient abîmées sur le disque de cet ordinateur. Elles sont redemandées aux autres membres.
}
restored = Cet ordinateur a été restauré d'une sauvegarde du { $date }.
restored-waits = Il ne réserve rien avant d'avoir entendu un autre membre : vérifiez son réseau, ou reprenez un fichier de « hameau export ».
restored-point = Les autres membres lui rendent ce qu'ils savaient. Comparez l'agenda avec votre liste sur papier : ce qui y manque n'était connu que de cet ordinateur, rappelez ces personnes. Chaque organisme reprend les heures qui lui étaient réservées par « hameau settle » ; il en réserve d'autres sur les semaines qu'il publie ensuite.
restored-agency = Il n'offre rien avant d'avoir entendu tous les membres. Si l'un d'eux ne répond plus, tapez « hameau settle » et le nom de votre organisme. Comparez l'agenda avec vos notes.
restored-coordination = Il n'écrit plus le registre des membres : avec la clé racine, « hameau succeed » le nomme de nouveau.
copied = Un autre ordinateur a écrit au nom de celui-ci, ou un ancien état de son dossier a été remis ({ $date }). Celui-ci a recommencé : gardez-le, éteignez l'autre et n'y touchez plus. Ce qui a été noté avant est en suspens.
copied-point = Comparez l'agenda avec votre liste sur papier : ce qui y manque a été noté sur l'autre ordinateur seul, rappelez ces personnes. Les heures qui étaient gardées ici reviennent quand chaque organisme a tapé « hameau settle » ; il en réserve d'autres sur les semaines qu'il publie ensuite.
unsettled-here = { $count ->
    [one] { $count } heure est encore tenue par l'ancienne boîte de { $point }. Vérifiez avec ce point qui est attendu, puis tapez « hameau settle { $member } » : ce qui est réservé est gardé, le reste revient.
   *[other] { $count } heures sont encore tenues par l'ancienne boîte de { $point }. Vérifiez avec ce point qui est attendu, puis tapez « hameau settle { $member } » : ce qui est réservé est gardé, le reste revient.
}
unsettled-there = { $count ->
    [one] { $count } heure de { $agency } est encore tenue par l'ancienne boîte de { $point }. Appelez cet organisme : il doit taper « hameau settle { $member } ». D'ici là, ce qui y est réservé est en suspens.
   *[other] { $count } heures de { $agency } sont encore tenues par l'ancienne boîte de { $point }. Appelez cet organisme : il doit taper « hameau settle { $member } ». D'ici là, ce qui y est réservé est en suspens.
}
box-frozen = Deux ordinateurs ont recommencé au nom de ce membre : le dossier de cette boîte a été copié, et les deux ont écrit. Rien de ce qu'ils notent ne compte plus. Éteignez l'autre. Préparez ici une boîte neuve par « hameau init » dans un dossier neuf : la coordination l'enrôle avec --replaces (une coordination tape « hameau succeed » avec la clé racine). Chaque organisme tape ensuite « hameau settle ». Comparez l'agenda avec votre liste sur papier.
button-restored-seen = C'est vérifié
box-retired = Cette boîte ne parle plus pour ce membre : une autre l'a remplacée, une copie de son dossier a pris la suite, ou elle a été révoquée. Elle ne réserve plus rien. Éteignez-la et travaillez sur l'autre.
error-no-slip = Ce rendez-vous n'a plus lieu : il n'y a pas de bulletin. Revenez à l'agenda.
error-date-outside = Ce jour n'est pas encore publié, ou il est passé. Choisissez entre le { $first } et le { $last }.
error-slot-unknown = Cette heure n'existe pas, ou plus. Choisissez-en une autre.
error-slot-taken = Cette heure vient d'être prise. Choisissez-en une autre.
error-slot-past = Cette heure est déjà passée. Choisissez-en une autre.
error-booth-taken = La cabine est prise à cette heure par un autre rendez-vous. Choisissez une autre heure ou une autre cabine.
error-booking-unknown = Ce rendez-vous n'existe pas ici, ou il a plus de deux ans et il est effacé.
error-booking-over = Ce rendez-vous est terminé. On ne peut plus le changer.
error-not-yours = Ce rendez-vous appartient à un autre membre. On ne peut pas le changer ici.
error-anew = Cette boîte vient de commencer une nouvelle vie : ce que vous demandiez ne vaut pas. Recommencez.
error-full = Le disque de cet ordinateur est plein. Rien n'a été réservé. Prévenez la coordination.
error-store = Cet ordinateur n'arrive plus à écrire sur son disque. Rien n'a été réservé. Prévenez la coordination.

## Days and hours, together

date-at = { $date } à { $time }
nav-agenda = L'agenda
nav-members = Les membres
nav-numbers = En nombres
nav-portal = Portail public
nav-days = Choisir le jour

## Booking, step by step

book-step-service = Étape 1 sur 3 : l'organisme et le motif
book-step-slot = Étape 2 sur 3 : l'heure
book-step-person = Étape 3 sur 3 : la personne
book-services-none = Cet organisme n'a pas encore publié ses motifs.
book-agencies-none = Aucun organisme n'est connu ici pour l'instant. Ils apparaissent dès la première liaison.
book-other-slots = Choisissez une autre heure
slot-held = confirmé tout de suite
slot-held-short = tout de suite
slot-held-help = Cette heure est gardée pour ce point, même si le réseau est coupé.
slot-asked = à confirmer par l'organisme
slot-asked-short = à confirmer
slot-asked-help = La demande part à l'organisme ; il répond en quelques secondes quand la liaison est bonne.
form-booth-any = La première libre
button-change = Changer
button-change-slot = Changer l'heure
button-slip = Bulletin à imprimer
amend-time-hint = Pour changer l'heure, revenez au rendez-vous et choisissez « Déplacer ».
slip-lasts = Durée prévue : { $duration }
slip-print-hint = Pour imprimer : Ctrl + P.

## Today at a glance, and the day on paper

glance-label = La journée en bref
glance-next = Prochaine personne
glance-next-none = Plus personne aujourd'hui.
glance-here = Arrivées
glance-waiting = { $count ->
    [0] Personne n'attend.
    [one] Une personne attend.
   *[other] { $count } personnes attendent.
}
glance-since = depuis { $time }
glance-calls = À appeler
glance-booths = Cabines
glance-booth-free = libre
glance-booth-closed = libre, mais son écran est fermé : ouvrez-y la page /cabine
glance-booth-awake = ouverte : { $agency }
glance-booth-talking = appel en cours : { $agency }
glance-booth-help = appelle à l'aide : { $agency }
glance-line = Ligne
glance-line-whole = Tous les organismes sont joints.
glance-line-part = { $heard ->
    [one] { $heard } organisme joint sur { $all }.
   *[other] { $heard } organismes joints sur { $all }.
}
glance-line-cut = Réseau coupé.
glance-heard = { $agency } : la boîte répond.
glance-unheard = { $agency } : la boîte ne répond pas.
title-sheet = Feuille du jour
sheet-count = { $count ->
    [0] Aucun rendez-vous.
    [one] Un rendez-vous.
   *[other] { $count } rendez-vous.
}
sheet-printed = Liste du { $when }.
sheet-person = Personne
sheet-what = Organisme
sheet-state = État
sheet-signature = Signature
sheet-keep = Cette feuille porte des noms : ne la laissez pas à la vue du public, détruisez-la après usage.

## Papers at the point

papers-hint = Cochez ce qui est là. Seul l'organisme le voit, avec le nom de la personne.
papers-there = Papiers : { $there } sur { $all } sont là.
papers-noted = Papiers notés. L'organisme les voit.
papers-sealed = Les détails de ce rendez-vous ne s'ouvrent pas ici : les papiers ne peuvent pas y être notés.
button-papers = Noter les papiers

## Moving, cancelling, taking back

button-book-again = Prendre une autre heure
interrupted-what = La ligne n'est pas revenue. Dès qu'elle va mieux, démarrez de nouveau l'appel ; sinon prenez une autre heure. La personne ne compte pas comme absente.
title-move = Déplacer le rendez-vous
button-move = Déplacer
move-from = Rendez-vous actuel : { $when }. Choisissez la nouvelle heure.
move-held-help = Le rendez-vous est déplacé tout de suite.
move-asked-help = L'organisme répond d'abord. Jusque-là, l'heure actuelle reste valable.
moved-done = Rendez-vous déplacé : { $agency }, { $when }. L'ancienne heure redevient libre.
moved-asked = Demande enregistrée : { $agency }, { $when }. L'ancienne heure reste valable jusqu'à la réponse de l'organisme.
moved-waits = Une autre heure est demandée : { $when }. D'ici à la réponse, celle-ci reste valable.
moved-away = Déplacé : { $when }.
moved-replaces-when = Si l'organisme confirme, ce rendez-vous remplace celui-ci : { $when }.
moved-old-stands = L'heure d'avant reste valable : { $when }.
moved-replaced = Remplace le rendez-vous d'avant : { $when }.
moved-see = Voir l'autre
cancel-late = Il reste moins de { $hours } { $hours ->
    [one] heure
   *[other] heures
} : le conseiller a peu de chances de recevoir une autre personne à cette heure.
cancel-late-known = Annuler quand même
cancel-late-again = L'annulation est tardive. Cochez « annuler quand même » pour la confirmer. Rien n'a été annulé.
cancel-minute = Vous aurez une minute pour revenir en arrière.
undo-cancel = Ce rendez-vous sera annulé à { $time } au plus tard. D'ici là, l'organisme n'est pas prévenu et l'heure n'est pas libre.
undo-booking = Pris par erreur ? Pendant une minute, un clic l'annule. L'organisme verra « pris par erreur ».
undo-move = Déplacé par erreur ? Pendant une minute, un clic le remet à l'heure d'avant, encore libre : { $when }.
undo-taken-back = Le rendez-vous est maintenu. Rien n'a été envoyé.
undo-unbooked = C'est annulé. L'heure redevient libre.
button-undo = Annuler cette action
button-cancel-now = Libérer l'heure tout de suite
state-cancelling = bientôt annulé
error-undo-late = La minute est passée : cette action ne peut plus être annulée. Revenez au rendez-vous.
error-intended = Ce rendez-vous est déjà en train d'être déplacé ou annulé. Revenez au rendez-vous pour voir où il en est.

## The same person's duplicate

double-found = Cette personne a déjà un rendez-vous : { $agency }, { $when }.
double-open = Voir ce rendez-vous (nouvel onglet)
double-accept = Il en faut un autre : réserver quand même
error-double = Cette personne a déjà un rendez-vous. Prenez le nouveau par le formulaire.

## Reasons: the only ones that are written, free words would be a person's data in clear

reason-person = La personne l'a demandé
reason-absent = Le conseiller est absent
reason-closed = Le lieu est fermé
reason-mistake = Pris par erreur, ou en double
reason-other = Autre raison, dite par téléphone

## More states

state-in-call-help = La personne et le conseiller se parlent.
state-settled = personne rappelée
state-settled-help = L'heure n'a pas pu être donnée. La personne a été rappelée.
state-void = sans effet
state-void-help = Ce rendez-vous n'a jamais compté. Prenez-en un autre.
state-listed = sur la liste d'attente
state-listed-help = Rien à faire avant qu'une heure se libère : elle s'affiche alors ici, avec le téléphone de la personne.
state-queued = dans la file
state-queued-help = { $ahead ->
    [0] C'est la prochaine personne de la permanence.
    [one] Une personne passe avant.
   *[other] { $ahead } personnes passent avant.
}
state-called = appelée
state-called-help = Le conseiller attend la personne maintenant.
state-waiting = en attente de nouvelles
state-waiting-help = Il manque des nouvelles d'un autre membre pour savoir. Cela viendra avec la prochaine liaison.
state-waiting-room-help = La personne est là et attend.
state-waiting-room-since = La personne est là depuis { $time }.

## Animateur and advisor, what was done

animateur-day-empty = Pas de rendez-vous ce jour-là.
animateur-arrived = Arrivée notée. L'organisme la voit.
animateur-call-started = La cabine s'ouvre. Le conseiller est prévenu : laissez la personne seule.
animateur-call-closed = La cabine est prise pour cet appel, mais son écran est fermé : ouvrez-y la page /cabine, et l'appel commence.
animateur-call-stopped = Appel arrêté. La cabine attend de nouveau.
animateur-called-back = Noté : la personne a été rappelée.
advisor-outcome-done = C'est noté.
button-interrupted = L'appel a été interrompu
button-stop-call = Arrêter l'appel
reach-agencies-unheard = Pas de liaison avec : { $agencies }. Une demande attendra ici et partira toute seule.

## Coordination, counts

coordination-commune = Commune (code INSEE)
count-confirmed = confirmés
count-kept = honorés
count-refused = refusés

## Call, more

call-opens-at = L'appel ouvre à { $time }.
call-needs-script = L'appel vidéo a besoin de JavaScript. Autorisez-le dans ce navigateur.
call-last-resort = Si l'appel ne passe pas, téléphonez.
call-refused-early = C'est trop tôt : la salle ouvre 15 minutes avant le rendez-vous.
call-refused-late = C'est trop tard : la salle s'est fermée 30 minutes après le rendez-vous.
call-refused-cancelled = Ce rendez-vous a été annulé.
call-refused-full = Trop d'appels sont ouverts sur cet ordinateur. Terminez-en un, puis essayez encore.
call-refused-asleep = La cabine n'a pas d'appel en ce moment. L'animateur le démarre.
call-refused-node = Cet ordinateur ne répond pas. Prévenez l'animateur, puis essayez encore.
call-refused-offer = Le navigateur a envoyé une demande d'appel illisible. Rechargez la page, ou mettez le navigateur à jour.
call-refused = Cet ordinateur n'a pas pu ouvrir l'appel. Rechargez la page ; si cela recommence, redémarrez le programme.

## What went wrong, more

error-booth-busy = La cabine est occupée par un autre appel. Attendez la fin, ou arrêtez-le.
error-booth-unknown = Cette cabine n'existe pas à ce point.
error-call-back-settled = Cette personne n'est plus à rappeler : son rendez-vous a changé entre-temps. Revenez à l'agenda.
error-details = Le nom, le téléphone ou l'objet ne peuvent pas être mis sous enveloppe. Raccourcissez l'objet, puis essayez encore.
error-details-sealed = Le nom de la personne n'est plus lisible ici. Prenez le rendez-vous par le formulaire.
error-door-elsewhere = Cette page n'existe pas sur cet ordinateur : c'est celui d'un membre « { $role } ».
error-not-member = Cet ordinateur n'est pas encore inscrit dans un territoire. Demandez à la coordination de l'inscrire.
error-outcome-missing = Choisissez ce qu'est devenu le rendez-vous.
error-service-unknown = Cet organisme ou ce motif n'existe pas. Choisissez dans la liste.
error-slot-service = L'organisme ne prend pas ce motif à cette heure. Choisissez une autre heure.
error-stopping = Le programme est en train de s'arrêter. Rien n'a été changé.
error-too-long = C'est trop long. Rien n'a été changé. Raccourcissez, puis essayez encore.
error-too-many-pages = Trop de pages sont ouvertes sur cet ordinateur. Fermez-en une.
error-unprintable = Il y a un caractère qui ne s'affiche pas. Écrivez de nouveau cette case.

title-slip-read = Lire un bulletin
nav-slip = Lire un bulletin
slip-read-lead = Une personne apporte son bulletin, et le rendez-vous n'est pas dans l'agenda ? Le code imprimé l'y met, même si son point est coupé du réseau.
slip-read-code = Code du bulletin
slip-read-hint = Placez le curseur ici, puis passez la douchette sur le code. S'il y en a plusieurs, lisez-les dans l'ordre.
button-read-code = Lire
slip-read-done = Bulletin lu : le rendez-vous est dans l'agenda.
slip-read-next = Code lu. Lisez maintenant le code { $place }.
slip-read-form = Ce n'est pas le code entier d'un bulletin : passez la douchette encore une fois, d'une seule traite. Une douchette doit être réglée sur le clavier de cet ordinateur.
slip-read-version = Ce code est dans une version que cette boîte ne connaît pas : mettez hameau à jour des deux côtés.
slip-read-foreign = Ce code n'est pas signé par un point de ce territoire : rien n'en est repris. Appelez le point qui a imprimé le bulletin.
slip-read-gap = Ce code en suit d'autres qui manquent ici : lisez d'abord les codes d'avant sur ce bulletin, ou demandez au point un bulletin imprimé aujourd'hui.
slip-read-doubled = Ce code contredit ce que cette boîte a déjà reçu de ce point : appelez la coordination du territoire avant de confirmer quoi que ce soit.
slip-read-outside = La semaine de ce rendez-vous n'est pas gardée ici : le bulletin est trop ancien ou trop en avance.
slip-read-no-room = Il n'y a plus de place ici pour les registres de ce point : appelez la coordination du territoire.
slip-read-unknown = Le code est lu, mais il n'annonce aucun rendez-vous : appelez le point qui a imprimé le bulletin.
slip-read-elsewhere = Le code est lu. Ce rendez-vous est avec un autre organisme : il n'est pas dans cet agenda.

## Signing in, locking, leaving

title-signin = Qui êtes-vous ?
title-locked = Page verrouillée
signin-name = Nom du compte
signin-password = Mot de passe
signin-none = Aucun compte n'existe encore sur cette boîte. Dans un terminal, tapez :
signin-command-name = NOM
signin-kept = Ce que vous avez écrit est gardé. Il sera envoyé dès que vous aurez donné votre mot de passe.
signin-locked = Personne n'a touché à cette page depuis un moment, ou elle est ouverte depuis trop longtemps. Donnez votre mot de passe pour continuer.
signin-wrong = Ce nom et ce mot de passe ne vont pas ensemble. Vérifiez les majuscules, puis essayez encore.
signin-wait = { $seconds ->
    [one] Trop d'essais. Attendez une seconde, puis essayez encore.
   *[other] Trop d'essais. Attendez { $seconds } secondes, puis essayez encore.
}
signin-again = Votre session est fermée. Donnez votre mot de passe pour continuer.
cover-by-hand = La page est verrouillée.
cover-kept = Ce que vous avez écrit est toujours là. Donnez votre mot de passe pour continuer.
button-signin = Entrer
button-unlock = Continuer
button-other-account = Un autre compte
button-lock = Verrouiller
button-leave = Quitter
button-leave-here = Quitter ici
button-leave-everywhere = Quitter partout
account-animateur = animateur
account-advisor = conseiller
account-manager = responsable
account-coordination = coordination
error-role-elsewhere = Votre compte n'ouvre pas cette page. Demandez à la personne responsable de cette boîte.

## The access journal

title-journal = Le journal des accès
nav-journal = Journal des accès
journal-explained = Chaque ligne dit qui a ouvert les renseignements de quels rendez-vous. Aucun nom de personne reçue n'y figure. Les lignes restent un an.
journal-count = { $count ->
    [0] Aucun accès ce jour-là.
    [one] Un accès ce jour-là.
   *[other] { $count } accès ce jour-là.
}
journal-number = N°
journal-time = Heure
journal-who = Qui
journal-where = Où
journal-what = Rendez-vous
journal-page-agenda = agenda
journal-page-call-backs = personnes à rappeler
journal-page-appointment = rendez-vous
journal-page-slip = bulletin
journal-page-amend = correction
journal-page-book = nouveau rendez-vous
journal-page-cancel = annulation
journal-page-move = déplacement
journal-page-sheet = feuille du jour
journal-page-double = rendez-vous en double
journal-page-call = appel
journal-terminal = terminal
journal-whole = { $count ->
    [0] Le journal est entier : il n'a encore aucune ligne.
    [one] Le journal est entier : sa seule ligne est telle qu'elle a été écrite.
   *[other] Le journal est entier : ses { $count } lignes sont telles qu'elles ont été écrites.
}
journal-changed = Le journal a été modifié à la ligne { $number }. Gardez cette boîte telle qu'elle est, et prévenez la coordination.
journal-missing = Il manque la ligne { $number } du journal. Gardez cette boîte telle qu'elle est, et prévenez la coordination.
journal-beyond = La ligne { $number } a été ajoutée au journal. Gardez cette boîte telle qu'elle est, et prévenez la coordination.
journal-head = Dernière empreinte : { $head }.
error-journal = Le journal des accès ne se lit pas. Prévenez la coordination.

## The office network, and how a computer is told to trust this box

title-trust = Faire confiance à cette boîte
nav-trust = Postes du bureau
trust-address = Les pages de cette boîte s'ouvrent au bureau à l'adresse
trust-given = Cette boîte présente le certificat de votre administration : il n'y a rien à installer sur les postes.
trust-why = Un poste du bureau ne connaît pas encore cette boîte : son navigateur avertit que la connexion n'est pas sûre, et refuse caméra et micro. Il suffit de le lui apprendre une fois.
trust-fingerprint = Empreinte de l'autorité (SHA-256)
trust-windows-fingerprint = La même, telle que Windows la montre (SHA-1)
trust-name = Nom de l'autorité : { $name }.
trust-until = Valable jusqu'au { $date }.
trust-paper = Imprimez cette page et emportez-la sur les postes : c'est avec ce papier que l'on compare.
trust-compare = Comparez avec le papier imprimé depuis la boîte, ou avec ce que dit « hameau certificate » sur la boîte même. Tant que ce poste n'a pas confiance, ce qui est écrit sur cette page ne prouve rien.
trust-steps = Une fois sur chaque poste
trust-step-download = Téléchargez le fichier :
trust-step-install = Ouvrez-le selon votre navigateur :
trust-install-windows = double-cliquez sur le fichier, « Installer un certificat », « Utilisateur actuel », « Placer tous les certificats dans le magasin suivant », « Parcourir », « Autorités de certification racines de confiance », puis « Terminer ». Windows demande alors si vous êtes d'accord et montre l'empreinte.
trust-install-firefox = « Paramètres », « Vie privée et sécurité », « Afficher les certificats », onglet « Autorités », « Importer », cochez « Confirmer cette AC pour identifier des sites web » ; « Voir » montre l'empreinte. Sous Windows, Firefox prend aussi ce que Windows connaît.
trust-install-linux = dans un terminal : sha256sum hameau.crt montre l'empreinte, puis certutil -d sql:$HOME/.pki/nssdb -A -t "C,," -n Hameau -i hameau.crt (paquet libnss3-tools).
trust-step-compare = Avant d'accepter, comparez l'empreinte affichée avec celle du papier, groupe par groupe. Si un seul diffère, arrêtez-vous, effacez le fichier et prévenez la personne responsable de cette boîte.
trust-step-again = Fermez le navigateur tout entier, puis ouvrez { $address } : il n'avertit plus.
trust-limits = Cette autorité ne vaut que pour les noms de cette boîte et ceux qui s'y terminent, et pour aucun autre site.
trust-many = Votre service informatique peut aussi l'installer sur tous les postes à la fois, par une stratégie de groupe.
trust-none-yet = Le certificat de cette boîte n'est pas encore prêt. Sur la boîte, « hameau certificate » dit pourquoi.
trust-closed = Les pages de cette boîte ne s'ouvrent que sur cet ordinateur. Pour les ouvrir sur le réseau du bureau, écrivez dans node.toml, avec l'adresse de cette boîte, puis relancez-la :
trust-nothing = Il n'y a rien à installer : cette boîte n'a pas d'autorité à elle.
trust-link = Votre navigateur avertit que cette page n'est pas sûre ?
error-loopback-only = Cette page ne s'ouvre que sur l'ordinateur de la boîte.

## Coordination, members

title-member = Membre
title-enrol = Inscrire un membre
title-replace = Nouvelle boîte pour { $member }
title-revoke = Révoquer la boîte de { $member }
reach-revoked = révoquée
reach-since = entendu pour la dernière fois { $when }
member-key = Clé de sa boîte
member-version = Version
member-addresses = Adresses
member-boxes = Ses boîtes
member-box-now = Parle pour ce membre
member-box-revoked = Révoquée
member-box-replaced = Remplacée
member-stake = Ce que cette boîte porte aujourd'hui
stake-nothing = Aucun rendez-vous à venir, aucune demande, aucune heure réservée : rien n'attend cette boîte, à ce que l'on sait ici.
stake-at-point = { $count ->
    [one] { $count } personne attendue à ce point
   *[other] { $count } personnes attendues à ce point
}
stake-at-agency = { $count ->
    [one] { $count } personne attendue par cet organisme
   *[other] { $count } personnes attendues par cet organisme
}
stake-unanswered = { $count ->
    [one] { $count } demande sans réponse
   *[other] { $count } demandes sans réponse
}
stake-reserved = { $count ->
    [one] { $count } heure réservée à ce membre, encore libre
   *[other] { $count } heures réservées à ce membre, encore libres
}
enrol-explained = Sur l'ordinateur du membre, « hameau init » a écrit le fichier request.json. Ouvrez-le avec un éditeur de texte, copiez tout, collez ici.
replace-explained = La nouvelle boîte parlera pour { $member } ; l'ancienne ne parlera plus jamais. Sur la nouvelle, « hameau init », avec le même nom court, a écrit le fichier request.json : ouvrez-le, copiez tout, collez ici.
replace-stake = Ce que l'ancienne boîte porte, à ce que l'on sait ici :
enrol-request = La demande (request.json)
enrol-request-help = Elle commence par une accolade et contient la clé de la boîte.
enrol-compare = Ce que dit la demande
enrol-compare-help = La demande n'est pas signée. Appelez le membre et comparez la clé, de vive voix, avant d'accepter.
revoke-effects = Ce qui va se passer
revoke-effect-key = La clé de cette boîte ne servira plus jamais, même si la boîte revient. Pour revenir, ce membre aura besoin d'une boîte neuve.
revoke-effect-network = Dès qu'ils l'apprennent, les autres membres ferment leur liaison avec elle et ne lui envoient plus rien.
revoke-effect-appointments = Les rendez-vous que les autres connaissent restent visibles. Ce que la boîte écrirait encore ne compte plus.
revoke-effect-settle = Chaque organisme doit ensuite régler ses heures, par « hameau settle » : les personnes attendues restent dans son agenda, à rappeler ; les heures réservées et libres reviennent.
revoke-stake = Ce que cette boîte porte, à ce que l'on sait ici :
revoke-read = J'ai lu ce qui va se passer.
papers-help = Une boîte inscrite commence avec le fichier papers.json : donnez-le au membre, pour « hameau join ».
button-enrol = Inscrire un membre
button-replace = Remplacer la boîte
button-revoke = Révoquer la boîte
button-papers-file = papers.json
button-read-request = Lire la demande
notice-enrolled = Le membre est inscrit. Donnez-lui maintenant papers.json.
error-not-coordination = Seule la boîte de la coordination inscrit, remplace et révoque.
error-succeeded = La clé racine a nommé une autre coordination : cette boîte n'écrit plus le registre des membres.
error-request-unreadable = Cette demande ne se lit pas. Copiez request.json en entier, de la première accolade à la dernière.
error-enrol-clash = Ce nom court ou cette boîte est déjà inscrit. Pour une boîte neuve, ouvrez la page du membre et remplacez sa boîte ; sinon, le membre choisit un autre nom court.
error-enrol-retired = Cette boîte a été révoquée ou remplacée : sa clé ne servira plus. Préparez-en une autre, par « hameau init » dans un dossier neuf.
error-nothing-to-replace = Cette demande n'est pas celle d'une boîte neuve de ce membre : comparez le nom court et le rôle.
error-enrol-coordination = Une coordination ne s'inscrit pas : la clé racine la nomme, par « hameau succeed ».
error-no-papers = Cette boîte n'a pas encore de registre à donner.
error-member-unknown = Ce membre n'existe pas. Revenez à la liste.
error-member-revoked = La boîte de ce membre est déjà révoquée.
error-member-changed = Rien n'a été révoqué : ce membre a une autre boîte depuis que la page a été ouverte. Relisez sa page.
error-member-own = La coordination ne se révoque pas elle-même : la clé racine en nomme une autre.
error-revoke-unread = Rien n'a été révoqué. Lisez ce qui va se passer, puis cochez la case.

## Coordination, numbers

title-evaluation = Les rendez-vous en nombres
evaluation-from = Du mois
evaluation-to = Au mois
evaluation-by = Par
evaluation-all = Total
evaluation-unknown = inconnu
evaluation-help = Les semaines récentes sont comptées partout de même ; les plus anciennes comme cette boîte les a comptées avant de les effacer. Personne n'y a de nom. Avant de les publier, retirez ce qui est plus petit que cinq : dans un village, un nombre peut être quelqu'un. Une semaine porte le numéro ISO de son lundi ; une semaine à cheval sur deux mois compte dans chacun pour ses jours.
by-week = semaine
by-month = mois
by-point = point
by-agency = organisme
by-service = motif
count-no-show = absents
count-interrupted = interrompus
count-moved = déplacés
count-cancelled-point = annulés par le point
count-cancelled-agency = annulés par l'organisme
count-minutes = minutes
count-arrived = venus
button-show = Afficher
evaluation-columns = Ce que disent les colonnes du fichier
column-mois = Le mois, AAAA-MM
column-semaine = La semaine du lundi, AAAA-Wnn (ISO 8601) ; rien pour ce qu'une ancienne version a compté
column-agency-id = Le nom court de l'organisme
column-agency = Son nom
column-service-id = Le nom court du motif
column-service = Son nom
column-point-id = Le nom court du point
column-point = Son nom
column-insee = Le code INSEE de sa commune
column-asked = Demandés, sans réponse de l'organisme
column-confirmed = Confirmés, et rien d'autre n'en est dit
column-kept = Ils ont eu lieu
column-no-show = La personne n'est pas venue
column-interrupted = Commencés, pas finis
column-refused = L'organisme a refusé
column-moved = La personne a une autre heure à la place
column-by-point = Annulés par le point
column-by-agency = Annulés par l'organisme
column-taken = L'organisme a repris l'heure à une boîte perdue
column-suspended = En suspens : une boîte a été remplacée, personne n'a encore tranché
column-minutes = Minutes des rendez-vous honorés et interrompus
column-arrived = Personnes venues
column-early = Minutes d'avance de ces personnes, ensemble
button-csv = Fichier pour tableur (CSV)
error-month = Ce mois n'existe pas : écrivez-le comme 2027-03. Tous les mois sont affichés.
error-months-backwards = Le premier mois est après le dernier : rien n'est compté. Échangez-les.
## What an agency lays down

terms-shortest = { $hours ->
    [one] À prendre au moins une heure avant.
   *[other] À prendre au moins { $hours } heures avant.
}
terms-longest = { $days ->
    [one] À prendre au plus tôt la veille.
   *[other] À prendre au plus tôt { $days } jours avant.
}
terms-before = Avant le rendez-vous
terms-after = Après le rendez-vous
quota-week = Semaine du { $date } : { $used } rendez-vous pris sur { $most } pour ce point.
quota-week-full = Semaine du { $date } : ce point a déjà ses { $most } rendez-vous, l'organisme n'en donne pas d'autre.
counterparts = Vos interlocuteurs
counterparts-hint = Pour vous seulement : ne donnez pas ces numéros au public.
error-too-soon = Cette heure est trop proche : pour ce motif, l'organisme demande plus de délai. Choisissez une heure plus tardive.
error-too-far = Cette heure est trop lointaine pour ce motif. Choisissez une heure plus proche.
error-quota = Ce point a déjà tous les rendez-vous que l'organisme lui donne cette semaine-là. Choisissez une autre semaine.
error-day-full = Ce guichet a tous ses rendez-vous ce jour-là. Choisissez un autre jour.
error-too-close = Cette heure est trop près d'un autre rendez-vous du guichet. Choisissez-en une autre.
refused-too-soon = L'organisme a refusé : l'heure était trop proche, il demande plus de délai pour ce motif. Appelez la personne et proposez une heure plus tardive.
refused-too-far = L'organisme a refusé : l'heure était trop lointaine pour ce motif. Appelez la personne et proposez une heure plus proche.
refused-quota = L'organisme a refusé : ce point avait déjà tous ses rendez-vous de cette semaine-là. Appelez la personne et proposez une autre semaine.
refused-day-full = L'organisme a refusé : le guichet avait tous ses rendez-vous de ce jour. Appelez la personne et proposez un autre jour.
refused-too-close = L'organisme a refusé : l'heure était trop près d'un autre rendez-vous du guichet. Appelez la personne et proposez une autre heure.

## Who is there, and who has arrived

presence-label = Votre présence
presence-own-here = Les points voient que vous êtes là, tant que cette page est ouverte et déverrouillée.
presence-own-away = Les points voient que vous êtes absent un moment.
presence-go-away = Je m'absente un moment
presence-back = Je suis de retour
presence-desk = Mon guichet
presence-desk-save = Changer de guichet
presence-any-desk = Tous les guichets
presence-here = Le conseiller est là depuis { $since }.
presence-away = Le conseiller s'est absenté un moment, à { $since }.
presence-empty = Aucun conseiller devant son agenda depuis { $since }.
presence-unknown = On ne sait pas si un conseiller est là.
button-silence = Couper le son
ring-title = Arrivée
ring-notice-title = Une personne est arrivée
ring-notice = { $point } · rendez-vous de { $time }
ring-allow = M'avertir aussi quand cette page est cachée
ring-sound-off = Le navigateur bloque le son : cliquez une fois dans cette page pour l'autoriser.

## The agency's week

nav-week = Semaine
nav-weeks = Semaines
nav-previous-week = Semaine précédente
nav-next-week = Semaine suivante
nav-this-week = Cette semaine
title-week = La semaine · { $agency }
week-of = Semaine du { $date }
week-desk = Guichet
week-no-desk = Cet organisme n'a pas de guichet : écrivez-en dans member.toml.
week-free = libre
week-held = gardé pour { $point }
week-full = libre, mais ce jour est complet
week-buffer = battement
week-doubt = en suspens
week-closed-holiday = Fermé : jour férié
week-closed-absence = Fermé : absence
week-all-services = tous les motifs
week-kept = Créneaux gardés pour les points
week-kept-use = { $point } : { $used } pris sur { $all }
week-quotas = Rendez-vous accordés par semaine
week-quota-use = { $point }, { $service } : { $used } sur { $most }

## Headset or loudspeaker

output-which = Comment voulez-vous entendre le conseiller ?
output-headset = Casque
output-loudspeaker = Haut-parleur
output-other = Changer le son
output-aloud = Le conseiller s'entend dans la pièce : fermez la porte avant de parler de choses personnelles.

## The agency's notes

title-note = Note de l'organisme
note-label = Note sur ce rendez-vous
note-hint = Pour les collègues de cet organisme. Elle reste sur cette boîte, sous scellé, et s'efface avec les détails de la personne. Qui la lit est noté au journal des accès.
note-open = Lire la note
note-begin = Ajouter une note
note-gone = La note est effacée : rien n'était écrit.
note-done = La note est gardée.
button-note = Garder la note
error-note = La note tient en { $max } caractères au plus, sans caractères spéciaux : raccourcissez-la.
journal-page-note = note

## An appointment passed on

referral-button = Passer à un autre service
referral-to = Organisme et motif
referral-hint = Ce rendez-vous reste le vôtre jusqu'à ce que le point ait choisi une heure là-bas avec la personne ; jusque-là, vous pouvez revenir dessus.
referral-done = Le point va proposer une heure là-bas. Ce rendez-vous tient jusque-là.
referral-agency = À passer à { $agency }, { $service } : ce rendez-vous tient jusqu'à ce qu'une heure y soit prise.
referral-point = l'organisme propose de le passer à { $agency }, { $service }.
referral-choose = Choisir une heure
referral-take-back = Ne plus le passer
referral-taken-back = Ce rendez-vous reste le vôtre.
error-referral-same = Ce rendez-vous est déjà avec cet organisme et ce motif : choisissez-en un autre.
colleague-button = Passer à un collègue
colleague-to = Guichet
colleague-hint = À la même heure : rien ne change pour la personne ni pour le point. Cette heure du collègue n'est plus proposée à d'autres.
colleague-confirm = Passer à ce guichet
colleague-done = C'est noté : un autre guichet reçoit la personne, à la même heure.
colleague-instead = Pris à « { $desk } », reçu par un collègue.
error-colleague = Ce guichet n'est pas libre à cette heure. Revenez à l'agenda et choisissez-en un autre.
week-colleague = reçu par { $desk }
moved-from = L'heure a changé : avant, { $when }.
waiting-count = { $count ->
    [0] Liste d'attente : personne
    [one] Liste d'attente : 1 personne
   *[other] Liste d'attente : { $count } personnes
}
waiting-listed = { $count ->
    [0] Sur la liste d'attente. Aucune heure n'a encore été proposée.
    [one] Sur la liste d'attente. 1 heure proposée sur 3.
   *[other] Sur la liste d'attente. { $count } heures proposées sur 3.
}
waiting-over = Trois heures ont été proposées : cette personne n'est plus sur la liste d'attente.
waiting-join-help = Quand une heure se libère, elle est proposée ici, avec le téléphone de la personne : trois fois au plus, une fois par jour. Les heures déjà libres ne sont pas proposées : pour en prendre une, déplacez le rendez-vous.
waiting-joined = La personne est sur la liste d'attente. Son rendez-vous ne change pas.
waiting-joined-any = La personne est sur la liste d'attente. Elle n'est plus à rappeler avant qu'une heure se libère.
waiting-left = La personne n'est plus sur la liste d'attente.
waiting-told = C'est noté. Rien d'autre n'est proposé à cette personne aujourd'hui.
waiting-free = Libre : { $when }
waiting-instead = Rendez-vous actuel : { $when }
waiting-without = Sans rendez-vous : refusé ou annulé par l'organisme ({ $when })
waiting-nth = Proposition { $number } sur { $all }.
waiting-asked = C'est une demande : l'organisme doit confirmer. Le rendez-vous actuel, s'il y en a un, reste valable d'ici là.
waiting-unheard = L'organisme n'est pas joint en ce moment : sa réponse attendra la liaison.
waiting-others = Rien à faire avant qu'une heure se libère :
waiting-since = Attend depuis { $when }
waiting-so-far = { $count ->
    [one] 1 heure déjà proposée
   *[other] { $count } heures déjà proposées
}
waiting-calls = { $count ->
    [one] 1 personne de la liste d'attente à appeler
   *[other] { $count } personnes de la liste d'attente à appeler
}
title-seek = Inscrire sur la liste d'attente
title-seeker = Personne en attente d'une heure
seek-help = Dès qu'une heure se libère, elle est proposée sur l'agenda avec le téléphone de la personne : trois fois au plus, une fois par jour. Les heures déjà libres ne sont pas proposées.
seek-privacy = Le nom, le téléphone et l'objet sont mis sous enveloppe sur cet ordinateur. L'organisme ne les reçoit qu'avec un rendez-vous.
seek-done = La personne est sur la liste d'attente. Rien n'est réservé pour elle.
seek-until = Sans rendez-vous, en attente jusqu'au { $date }
seek-over = Trois heures ont été proposées : appelez la personne, puis retirez-la de la liste.
seek-book-help = Si vous prenez une heure avec elle, retirez-la ensuite de la liste.
button-seek = Inscrire sur la liste
button-seek-none = Aucune heure ne convient : liste d'attente
error-seeker-unknown = Cette personne n'est plus sur la liste d'attente. Revenez à l'agenda.
button-waiting-join = Plus tôt si une place se libère
button-waiting-any = Attendre qu'une place se libère
button-waiting-leave = Retirer de la liste d'attente
button-proposal-taken = La personne prend cette heure
button-proposal-declined = Elle ne convient pas
button-proposal-not-reached = Personne ne répond
error-waiting-full = La liste d'attente de ce point est pleine (256 personnes). Retirez-en les personnes qui n'attendent plus.
error-proposal-gone = Cette heure n'est plus proposée à cette personne : elle est prise, ou une heure lui a déjà été proposée aujourd'hui. Revenez à l'agenda.
error-proposal-answer = Choisissez ce que la personne a répondu.
journal-page-waiting = liste d'attente
journal-page-suspended = rendez-vous en suspens

title-queue = Inscrire dans la file d'attente
queue-title = Sans rendez-vous
queue-window = permanence de { $from } à { $to }
queue-waiting = { $count ->
    [0] Personne n'attend.
    [one] 1 personne attend.
   *[other] { $count } personnes attendent.
}
queue-join = Inscrire dans la file
queue-help = Il n'y a pas d'heure : on passe dans l'ordre où l'organisme a reçu les inscriptions. La personne attend sur place. Une cabine est choisie quand le conseiller l'appelle.
queue-joined = Inscription envoyée : { $agency }. La place dans la file s'affiche ici.
queue-left = La personne n'est plus dans la file.
queue-booth = une cabine libre, au moment de l'appel
queue-is-called = { $agency } appelle la personne suivante. Installez-la dans une cabine et démarrez l'appel :
queue-called = La personne est appelée. Rejoignez l'appel : elle arrive en cabine.
state-queue-asked-help = La place est demandée. L'organisme la donne dès qu'il reçoit l'inscription : d'ici là, elle n'est pas sûre.
button-queue-leave = Quitter la file
button-ticket = Imprimer le ticket
button-call-next = Appeler la personne suivante
error-booth-none = Aucune cabine n'est libre : attendez la fin d'un appel, puis démarrez celui-ci.
error-queue-closed = Il n'y a pas de permanence ouverte ou à venir aujourd'hui pour ce motif. Revenez à l'agenda, ou prenez un rendez-vous.
error-queue-unknown = Cette permanence n'existe pas ici. Revenez à l'agenda.
queue-over = La permanence a fini avant que cette personne soit appelée.
error-queue-past = La permanence est finie : plus personne n'y est appelé. Le point rappellera ceux qui attendaient.
error-queue-moved = La file a avancé pendant ce temps : personne n'a été appelé. Revenez à l'agenda et regardez qui est la personne suivante.
slip-queue-heading = Votre place dans la file d'attente
slip-queue = C'est une file d'attente, sans heure. Restez au point : on vous appelle.
slip-queue-printed = (à { $time })

practice-label = Entraînement
practice-banner = Entraînement : cette journée est inventée. Rien de ce qui est saisi ici n'arrive chez un organisme ni dans le vrai calendrier.

# Trial before a call
title-trial = Essai avant un appel
nav-trial = Essai
trial-open = Essayer image et son
trial-devices = Caméra, micro et haut-parleur
trial-devices-help = L'image et le son restent sur cet ordinateur : rien n'est envoyé, rien n'est enregistré.
trial-begin = Commencer l'essai
trial-camera-wait = Caméra : pas encore d'image.
trial-camera-good = La caméra marche.
trial-micro-wait = Micro : parlez un peu.
trial-micro-good = Le micro vous entend.
trial-sound-wait = Haut-parleur ou casque : pas encore essayé.
trial-sound-good = Le son s'entend.
trial-sound-bad = Le son ne s'entend pas : montez le volume, vérifiez la prise du casque, puis écoutez de nouveau.
trial-level = Ce que le micro entend
trial-play = Écouter deux notes
trial-heard = Avez-vous entendu deux notes ?
trial-yes = Oui
trial-no = Non
trial-back = Fin de l'essai
trial-line = La ligne
trial-line-help = Une dizaine de secondes, jusqu'à la boîte de l'autre, dans les deux sens. Pas pendant un appel.
trial-line-none = Il n'y a encore personne avec qui l'essayer : cela vient avec les inscriptions.
trial-line-with = Avec
trial-line-begin = Essayer la ligne
trial-line-found = { $member }, { $when }
trial-line-good = Bonne ligne : le son et l'image passent.
trial-line-fair = Ligne moyenne : le son passe, l'image sera petite ou absente.
trial-line-poor = Ligne faible : le son lui-même se perd. Gardez un téléphone à portée de main.
trial-sound-came = Son arrivé là-bas : { $there } %, arrivé ici : { $here } %
trial-picture-came = Image arrivée là-bas : { $there } %, arrivée ici : { $here } %
trial-rtt = Aller et retour : { $ms } ms
error-trial-unknown = Ce membre n'est pas dans la liste. Revenez à l'essai et choisissez-en un.
error-trial-busy = Un appel ou un autre essai est en cours, ici ou là-bas. Attendez qu'il soit fini, puis essayez de nouveau.
error-trial-unreachable = La boîte de « { $member } » ne répond pas. Vérifiez que celle-ci a internet, puis demandez là-bas si l'autre est allumée.

## Documents in a call

documents-title = Documents
documents-deleted = Effacés de cet ordinateur à la fin de l'appel.
documents-file = Effacés d'ici quand la salle ferme : enregistrez ce que vous gardez.
button-give-document = Donner un document
button-open-document = Ouvrir
button-save-document = Enregistrer
button-want-document = Voir le document
button-refuse-document = Non merci
button-document-before = Page d'avant
button-document-after = Page d'après
button-close-document = Fermer
document-ask = Le conseiller veut vous donner un document :
document-page = Page { "@" } sur { "#" }
document-shown = Document ouvert, visible des deux côtés
document-going = Envoi du document à cet ordinateur…
document-asked = proposé à l'autre côté
document-asks = en attente de votre accord
document-moving = en route : { $percent } %
document-sent = envoyé
document-came = reçu
document-declined = refusé par la personne
document-unfit = refusé : ce n'est pas un document PDF, JPEG ou PNG en bon état
size-kilo = { $size } ko
size-mega = { $whole },{ $tenth } Mo
error-document-early = L'appel n'est pas ouvert. Rejoignez l'appel, puis donnez le document.
error-document-empty = Ce fichier est vide. Choisissez un autre fichier.
error-document-long = Ce fichier dépasse 30 Mo. Choisissez un fichier plus petit, ou photographiez la page.
error-document-kind = Ce fichier n'est pas un document PDF, JPEG ou PNG. Enregistrez-le sous une de ces formes, puis donnez-le de nouveau.
error-document-pixels = Cette image est trop grande (plus de 64 millions de points). Réduisez-la, puis donnez-la de nouveau.
error-documents-many = Il y a déjà trop de documents dans cet appel : 20 documents, ou 100 Mo reçus, au plus.
error-document-disk = Le disque n'a pas pu garder le document. Prévenez la personne qui s'occupe de l'ordinateur.
error-document-cut = Le document s'est arrêté en chemin. Donnez-le de nouveau.
error-document-gone = Ce document n'est plus là : il est effacé à la fin de l'appel.
error-document-page = Cette page ne s'ouvre pas. Demandez le document sous une autre forme.
error-document-poppler = Cet ordinateur ne sait pas montrer un PDF. Demandez une photo, ou faites installer « poppler-utils ».
text-label = Message à l'autre personne
texts-label = Messages
text-you = Vous :
text-other = L'autre personne :
button-send-text = Envoyer
error-text-long = Ce message dépasse 300 caractères. Écrivez-le en deux fois.
error-text-early = L'appel n'est pas ouvert. Rejoignez l'appel, puis écrivez.
button-share-screen = Montrer mon écran
button-unshare-screen = Ne plus montrer mon écran
share-refused = L'écran n'est pas montré : choisissez une fenêtre et acceptez le partage.
button-scan = Scanner un papier
scanning = Le scanner lit le papier…
document-scan = Papier scanné.jpg
printing = Le document s'imprime…
printed = Le document est parti à l'imprimante.
error-device-none = Cette cabine n'a pas cet appareil. Appelez l'animateur.
error-device-program = L'ordinateur ne sait pas utiliser cet appareil : il faut installer « sane-utils » ou « cups-client ». Appelez l'animateur.
error-device-paper = L'imprimante n'a plus de papier. Appelez l'animateur, puis imprimez de nouveau.
error-device-stopped = L'imprimante est arrêtée. Appelez l'animateur, puis imprimez de nouveau.
error-device-slow = L'imprimante n'a pas pris le document. Appelez l'animateur, puis imprimez de nouveau.
error-device-faulty = L'appareil ne répond pas. Vérifiez qu'il est allumé, ou appelez l'animateur.
trial-rehearse = S'appeler soi-même
trial-rehearse-end = Arrêter l'essai
trial-rehearsal = Dites quelques mots : vous vous voyez et vous entendez deux secondes plus tard, comme l'autre personne. L'essai s'arrête après une minute.
trial-echo = Votre image, deux secondes plus tard
error-document-unsaid = Cela n'a pas abouti. Essayez encore.
