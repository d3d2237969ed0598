# SPDX-License-Identifier: EUPL-1.2
#
# Sentences of the five doors, in English. Same keys and variables as the French file, which comes first: how to
# write, and what the variables are, stands at its top.

## The whole

site-name = Hameau
site-tagline = Public services, close to home
skip-to-content = Skip to content
language-other = Français
demo-clock = Demonstration time: { $time }
demo-notice = Demonstration: opening hours and desks are invented. No public body is told anything.
unknown = Unknown
optional = optional

## Doors: titles and navigation

door-booth = Booth

title-citizen = Your procedures
title-agencies = Public bodies
title-booth = Booth of { $point }
title-animateur = Appointments of { $point }
title-book = Book an appointment
title-slots = Free times
title-appointment = The appointment
title-amend = Correct the appointment
title-slip = Your appointment
title-advisor = Appointments · { $agency }
title-call = Video call
title-coordination = The network: { $territory }
title-error = That did not work

nav-label = Main menu
nav-language = Language
nav-today = Today
nav-book = Book an appointment
nav-previous-day = Day before
nav-next-day = Day after

## Days and hours

weekday-mon = Monday
weekday-tue = Tuesday
weekday-wed = Wednesday
weekday-thu = Thursday
weekday-fri = Friday
weekday-sat = Saturday
weekday-sun = Sunday

month-1 = January
month-2 = February
month-3 = March
month-4 = April
month-5 = May
month-6 = June
month-7 = July
month-8 = August
month-9 = September
month-10 = October
month-11 = November
month-12 = December

date-day = { $day ->
    [1] { $weekday } 1 { $month }
   *[other] { $weekday } { $day } { $month }
}
date-full = { $day ->
    [1] { $weekday } 1 { $month } { $year }
   *[other] { $weekday } { $day } { $month } { $year }
}
month-of-year = { $month } { $year }
week-of-year = week { $week } of { $year }
time-of-day = { $hour }:{ $minute }
today = today
tomorrow = tomorrow
minutes = { $minutes ->
    [one] { $minutes } minute
   *[other] { $minutes } minutes
}
starts-in = { $minutes ->
    [0] It is time
    [one] In { $minutes } minute
   *[other] In { $minutes } minutes
}

## Citizen

citizen-search-label = What do you want to do?
citizen-search-hint = For instance: carte vitale, RSA, retraite
citizen-search-count = { $count ->
    [0] No procedure found
    [one] { $count } procedure found
   *[other] { $count } procedures found
}
citizen-search-none = Try another word, or ask the host: that is what they are here for.
citizen-official-site = Open the official site
citizen-official-site-none = No address known. Ask the host.
citizen-next-slot = Next free time: { $when }
citizen-next-slot-none = No free time in the weeks published.
citizen-book-hint = To book an appointment, ask the host.
citizen-papers = What to bring
citizen-video-explained = You speak with an advisor by video, alone in a closed room. Nothing is recorded.
citizen-free = It is free of charge.

## The State's sheets and branches, on the citizen's screen

title-themes = Choose a theme
title-directory = The directory of services
title-commune = Your commune
title-who-helps = Who can help you?
official-sheet = Official sheet
official-sheet-demo = Demonstration sheet
official-source-demo = Demonstration: sheets, branches and hours are invented, in the form of Service Public's files.
official-source = Source: Service Public (DILA), Licence Ouverte 2.0, taken on { $date }
button-keyboard = Keys to touch
button-home = Back to the start
button-page-before = Page before
button-page-next = More
button-ask-appointment = Book an appointment
button-commune = Choose my commune
button-commune-other = Choose another commune
button-commune-forget = Forget
button-finish = I am done: clear the screen
button-still-there = Yes, I am here
key-space = space
key-back = back
screen-ask-help = This button calls the host. No name is asked for here.
screen-asked = The host has been told.
screen-asked-wait = The host has been told. Go and see them: they book with you.
screen-wish = Somebody at the screen asks for an appointment: “{ $title }”
commune-mine = My commune: { $commune }
commune-competent = For { $commune }
commune-none-competent = The official directory does not say who is competent for your commune. Ask the host.
commune-none-at = No commune here has this postal code.
commune-postcode = Your postal code
commune-letter = Or the first letter of your commune
commune-none = The communes are not on this computer yet: they come with the directory's town halls. Ask the animateur.
directory-none = The directory is not on this node yet. Ask the host.
directory-count = { $count ->
    [one] { $count } address
   *[other] { $count } addresses
}
branch-days = { $from } to { $to }
branch-span = { $from } – { $to }
branch-official = Its page at Service Public
branch-access-yes = Accessible by wheelchair
branch-access-asking = Accessible by wheelchair on request
branch-access-no = Not accessible by wheelchair
idle-title = Are you still there?
idle-countdown = This screen clears itself, in seconds:
idle-clearing = This screen is being cleared…
idle-failed = This screen could not be cleared. Nothing that was shown is shown any more. Tell the host.

## Booking form

form-agency = Public body
form-service = What for
form-booth = Booth
form-name = Name
form-name-hint = As on the identity document
form-phone = Telephone
form-phone-hint = To tell the person if the time changes. 10 digits; outside France, + and the country's code, 15 digits at most.
form-phone-none = No telephone
form-subject = Subject
form-subject-hint = In a few words. Only this point and the public body can read it.
form-reason = Reason
form-reason-hint = The person will read this sentence.
form-privacy = Name, telephone and subject are sealed. Only this point and the public body can read them.

## Agencies compared

title-compare = The first free times
compare-label = Subject of the appointment
compare-hint = Choose or write, for instance: retraite, RSA. Leave it empty to compare all.
compare-count = { $count ->
    [0] No subject found. Try another word.
    [one] One subject found
   *[other] { $count } subjects, the earliest first
}
compare-by-agency = Choose by agency
button-compare = Compare

## Buttons

button-search = Search
button-book = Book
button-ask = Ask for this time
button-see-slots = See free times
button-save = Save
button-amend = Correct
button-cancel-appointment = Cancel this appointment
button-void = Cancel for the public body
button-drop-ask = Withdraw the request
button-print = Print
button-back = Back
button-retry = Try again
button-start-call = Start the call
button-join-call = Join the call
button-hang-up = Hang up
button-weak-line = Weak line
button-no-picture = Receive no picture
button-dark = Switch my camera off
button-undark = Switch my camera on
call-other-dark = The other person has switched the camera off.
call-phrase = Check words, the same on both sides:
button-whole-screen = Full screen
button-mute = Mute
button-unmute = Unmute
button-help = Call the animateur
button-help-seen = I am coming
button-arrived = The person has arrived
button-no-show = The person did not come
button-kept = The appointment took place
button-give-booth = Give a booth and confirm
button-called-back = Person called back

## States of a slot or an appointment

state-asked = to be confirmed
state-confirmed = confirmed
state-moved = moved
state-cancelled-point = cancelled by the point
state-cancelled-agency = cancelled by the public body
state-suspended = on hold
state-kept = took place
state-no-show = no-show
state-interrupted = interrupted
state-refused = to call back
state-waiting-room = person has arrived
state-in-call = call in progress

state-asked-help = The request has left, or will leave when the network is back. It is not certain yet: do not promise the time.
state-confirmed-help = The appointment is certain.
state-moved-help = The person has another time in place of this one.
state-cancelled-point-help = The point has cancelled this appointment.
state-cancelled-agency-help = The public body has cancelled this appointment. Reason: { $reason }
state-suspended-help = There is a doubt about this appointment. A person at the public body has to decide. Telephone before you let the person come.
state-orphaned-help = The public body keeps this appointment. The point's computer was replaced: the point has to give it a booth again. The public body has the person's name and telephone.
state-kept-help = { $minutes ->
    [0] The appointment took place.
    [one] The appointment took place. Length: { $minutes } minute.
   *[other] The appointment took place. Length: { $minutes } minutes.
}
state-no-show-help = The person did not come.
state-interrupted-help = The call stopped before its end.
state-refused-help = The time asked for was no longer free. Call the person and offer another time.
state-refused-none-help = The agency did not give this time and proposes no other: all is taken that week, or this point has all the appointments that the agency allows it. Call the person and propose another week.
refused-alternatives = { $count ->
    [0] No other time offered. Look among the free times.
    [one] Another possible time:
   *[other] Other possible times:
}

## Animateur

animateur-today-empty = No appointment today.
animateur-callback-count = { $count ->
    [0] Nobody to call back
    [one] { $count } person to call back
   *[other] { $count } people to call back
}
suspended-count = { $count ->
    [one] { $count } appointment on hold
   *[other] { $count } appointments on hold
}
suspended-point = This point's computer has begun anew since. The public body ({ $agency }) has to say whether it keeps this appointment, by typing “hameau settle { $member }”: call it, and do not let the person come before.
suspended-agency = The public body's register is in doubt, for instance because its computer began anew. A person there has to decide: call before you let the person come.
animateur-slots-count = { $count ->
    [0] No free time
    [one] { $count } free time
   *[other] { $count } free times
}
animateur-booked = Appointment confirmed: { $agency }, { $when }.
animateur-asked = Request kept: { $agency }, { $when }. The public body's answer shows below as soon as it comes.
animateur-booth-given = The booth is given: the appointment is confirmed.
callback-there = To call back: what you can propose
callback-name-there = The public body has the name and telephone
animateur-amended = Appointment corrected.
animateur-cancelled = Appointment cancelled. The time is free again.
animateur-cancel-tell = Remember to tell the person.
animateur-not-yet-known = The public body has not received this news yet.
animateur-help-wanted = The person in the booth is calling you.
room-checks = The booth, before the call
room-door = The door shuts, nobody hears from the corridor
room-sound = The headset is plugged in, or the loudspeaker is low
room-screen = The screen is seen neither from a window nor from the door
animateur-before-call = Seat the person in the booth, then start the call. After that, leave them alone.

## Advisor

advisor-today-empty = No appointment today.
advisor-person-waiting = The person has arrived at { $point }.
advisor-details = Details
advisor-details-sealed = These details are sealed. They cannot be read here.
details-erased = Name, telephone and subject were erased: the appointment is more than six months old.
advisor-closed-day = The desk is closed on this day. Cancel this appointment: the point will call the person back.
advisor-closed-days = { $count ->
    [one] one appointment falls on a day of closure. Cancel it, or open that day in member.toml.
   *[other] { $count } appointments fall on a day of closure. Cancel them, or open that day in member.toml.
}
advisor-void-done = Appointment cancelled. The point will tell the person.
advisor-void-free = Advisor absent or place closed: the hour is offered to nobody until you offer it again. Mistake or another reason: it is offered at once.
advisor-withdrawn = This hour is offered to nobody.
advisor-offer-again = Offer it again
advisor-offered-again = The hour is offered to the points again.
advisor-void-sure = Cancel this appointment? The point will have to call the person back.
advisor-outcome = How did the appointment go?

## Coordination

coordination-members-count = { $count ->
    [one] { $count } member
   *[other] { $count } members
}
coordination-member = Member
coordination-role = Role
coordination-reach = Connection
coordination-never-heard = Not heard yet
role-point = point
role-agency = public body
role-coordination = coordination

## Line and reach

line-label = Quality of the line
line-cut = cut
line-good = good
line-fair = fair
line-poor = poor
way-direct = direct
way-relayed = through the relay
rung-small = Weak line: sound first, a smaller picture.
rung-still = Weak line: sound first, a still picture every few seconds.
rung-chosen-here = Weak line, as you chose: a smaller picture.
rung-chosen-there = Weak line, as the other side chose: a smaller picture.
rung-no-picture-here = No picture, as you chose: you hear the other side, and are seen there.
rung-no-picture-there = The other side hears you and does not receive your picture, as it chose.
rung-sound = Weak line: sound first, no picture.

reach-direct = direct
reach-lan = local network
reach-relayed = through a relay
reach-through = through a neighbour
reach-unheard = out of reach
reach-self = this computer
reach-alone = The network is down. The times kept for this point can still be booked.

## Call

call-with = Call with { $agency }
call-at = Call with { $point }
call-waiting-advisor = The advisor is coming. You have nothing to do.
call-waiting-person = The person is taking a seat.
call-waiting-help = The booth is not ready: the point's host has been called. The call will begin by itself.
call-connecting = Connecting
call-connected = You are connected
call-ended = The call has ended.
call-interrupted = The line did not come back: the call is interrupted. When it is back, either of you can resume it.
call-interrupted-booth = The line did not come back: the call is interrupted. See the host: they can resume it, or find another time.
call-ended-thanks = The call has ended. You can leave the room. The host is here. This screen has been cleared: nothing of you is left on it.
call-cut = The line is cut. The call goes on by itself when it is back. Do not hang up.
call-other-muted = The microphone at the other side is off.
call-you = You
call-other = The other person
call-not-recorded = Nothing is recorded.
call-help-sent = The host has been told.

call-refused-no-camera = No camera. Check that it is plugged in, then try again.
call-refused-permission = The browser may not use the camera and the microphone. Click the padlock at the top, allow them, then try again.
call-refused-busy-device = Another program is using the camera. Close it, then try again.
call-refused-too-early = It is too early. The call opens at { $time }, 15 minutes before the appointment.
call-refused-other = This call is for another appointment. Check the time and the booth.
call-refused-not-confirmed = This appointment is not confirmed yet. The call cannot start.
call-refused-browser = This browser cannot make video calls. Use an up-to-date Firefox or Chromium.

## Booth

booth-idle = Welcome
booth-idle-help = The host will start your call. You have nothing to touch.

## Printed slip

slip-heading = Your appointment
slip-with = With: { $agency }
slip-service = For: { $service }
slip-where = Where: { $point }, { $booth }
slip-arrive = Come 10 minutes early.
slip-papers = Bring:
slip-how = You will speak with an advisor by video, in a closed room. The host will seat you. You have nothing to do on the computer.
slip-confirmed = This appointment is confirmed.
slip-asked = This appointment is to be confirmed. We will call you when the public body answers. Do not come before our call.
slip-cancel = You cannot come? Tell the point, so that somebody else can have the time.
slip-telephone = The point's telephone:
slip-reference = Number: { $reference }
slip-code = Code for the agency to read
slip-code-hint = For the agency: where the network is cut, this code brings this appointment. Name and telephone are sealed in it.
slip-code-of = Code { $place } of { $count }
slip-demo = Demonstration: this appointment does not exist.

## What went wrong, and what to do

error-page-not-found = This page does not exist. Go back to the home page.
error-session-old = The page was open for too long. Nothing was changed. Reload it, then start again.
error-foreign-request = This request does not come from this page. It is refused.
error-internal = Something failed in this computer. Nothing was booked. Try again; if it happens again, tell the coordination.
error-form = { $count ->
    [one] One field needs correcting.
   *[other] { $count } fields need correcting.
}
error-name-missing = Write the person's name.
error-name-long = The name is too long. { $max } characters at most.
error-phone-missing = Write a telephone number, or tick “no telephone”.
error-phone-form = This number does not have the right form. In France it has 10 digits, such as 06 12 34 56 78; elsewhere write + and the country's code, 15 digits at most.
error-subject-long = The subject is too long. { $max } characters at most.
error-reason-missing = Write the reason.
error-disk-refuses = This computer's disk keeps nothing any more. What is shown is the last that it kept; nothing can be booked or changed. Tell the coordination: the disk and its free space must be checked, then the program started again.
error-disk-slow = This computer's disk is slow: keeping an appointment takes time, and the disk may be wearing out. Tell the coordination: make a backup, then check the disk or replace it.
error-disk-full = This computer's disk is full. What is shown is the last that it kept; nothing can be booked or changed. Tell the coordination: as soon as there is room, the computer goes on by itself.
damage-own = This computer's register was damaged on its disk and was set aside ({ $files }). The computer starts over without the times that were kept for it; the other members give back what they knew. Compare the agenda with your list on paper, and call the coordination: the disk must be checked, and each agency must type “hameau settle”. When that is done, move the file that was set aside elsewhere.
damage-gone = This computer's register has gone from its disk, or is no longer its own. The computer starts over without the times that were kept for it; the other members give back what they knew. Compare the agenda with your list on paper, and call the coordination: the disk must be checked, and each agency must type “hameau settle”.
damage-others = { $count ->
    [one] One page of the common agenda was damaged on this computer's disk. The other members are asked for it again.
   *[other] { $count } pages of the common agenda were damaged on this computer's disk. The other members are asked for them again.
}
restored = This computer was restored from a backup of { $date }.
restored-waits = It books nothing before it has heard another member: check its network, or take in a file of “hameau export”.
restored-point = The other members give back what they knew. Compare the agenda with your paper list: what is missing there was known to this computer alone, call these people back. Reserved times return when the agencies have settled them with “hameau settle”.
restored-agency = It offers nothing before it has heard all members. If one of them no longer answers, type “hameau settle” and your agency's name. Compare the agenda with your notes.
restored-coordination = It writes the roster of members no more: with the root key, “hameau succeed” names it again.
copied = Another computer wrote in this one's name, or an older state of its folder was put back ({ $date }). This one has begun anew: keep it, turn the other off and leave it off. What was noted before is on hold.
copied-point = Compare the agenda with your paper list: what is missing there was noted on the other computer alone, call these people back. Times that were kept here come home when each agency has typed “hameau settle”; it reserves others in the weeks that it publishes afterwards.
unsettled-here = { $count ->
    [one] { $count } time is still held by the earlier computer of { $point }. Ask this point who is expected, then type “hameau settle { $member }”: what is booked is kept, the rest comes back.
   *[other] { $count } times are still held by the earlier computer of { $point }. Ask this point who is expected, then type “hameau settle { $member }”: what is booked is kept, the rest comes back.
}
unsettled-there = { $count ->
    [one] { $count } time of { $agency } is still held by the earlier computer of { $point }. Call this public body: it has to type “hameau settle { $member }”. Until then what is booked there is on hold.
   *[other] { $count } times of { $agency } are still held by the earlier computer of { $point }. Call this public body: it has to type “hameau settle { $member }”. Until then what is booked there is on hold.
}
box-frozen = Two computers have begun anew in this member's name: this box's folder was copied, and both wrote. Nothing that they note counts any more. Turn the other off. Prepare a new box here with “hameau init” in a new folder: the coordination enrols it with --replaces (a coordination types “hameau succeed” with the root key). Each agency then types “hameau settle”. Compare the agenda with your list on paper.
button-restored-seen = It is checked
box-retired = This box no longer speaks for this member: another has replaced it, a copy of its folder has gone on, or it was revoked. It books nothing any more. Turn it off and work on the other.
error-no-slip = This appointment no longer takes place: there is no slip. Go back to the agenda.
error-date-outside = This day is not published yet, or is past. Choose between { $first } and { $last }.
error-slot-unknown = This time does not exist, or no longer does. Choose another.
error-slot-taken = This time has just been taken. Choose another.
error-slot-past = This time is past. Choose another.
error-booth-taken = Another appointment has the booth at that time. Choose another time or another booth.
error-booking-unknown = This appointment does not exist here, or it is more than two years old and was erased.
error-booking-over = This appointment is over. It can no longer be changed.
error-not-yours = This appointment belongs to another member. It cannot be changed here.
error-anew = This node has just begun a new life: what you asked for does not stand. Do it again.
error-full = This computer's disk is full. Nothing was booked. Tell the coordination.
error-store = This computer can no longer write to its disk. Nothing was booked. Tell the coordination.

## Days and hours, together

date-at = { $date } at { $time }
nav-agenda = Appointments
nav-members = Members
nav-numbers = In numbers
nav-portal = Public portal
nav-days = Choose the day

## Booking, step by step

book-step-service = Step 1 of 3: the public body and the subject
book-step-slot = Step 2 of 3: the time
book-step-person = Step 3 of 3: the person
book-services-none = This public body has not published its subjects yet.
book-agencies-none = No public body is known here yet. They appear with the first connection.
book-other-slots = Choose another time
slot-held = confirmed at once
slot-held-short = at once
slot-held-help = This time is kept for this point, even while the network is down.
slot-asked = to be confirmed by the public body
slot-asked-short = to confirm
slot-asked-help = The request goes to the public body; it answers within seconds when the connection is good.
form-booth-any = The first free one
button-change = Change
button-change-slot = Change the time
button-slip = Slip to print
amend-time-hint = To change the time, go back to the appointment and choose “Move”.
slip-lasts = Expected length: { $duration }
slip-print-hint = To print: Ctrl + P.

## Today at a glance, and the day on paper

glance-label = The day in short
glance-next = Next person
glance-next-none = Nobody else today.
glance-here = Arrived
glance-waiting = { $count ->
    [0] Nobody waits.
    [one] One person waits.
   *[other] { $count } people wait.
}
glance-since = since { $time }
glance-calls = To call
glance-booths = Booths
glance-booth-free = free
glance-booth-closed = free, but its screen is closed: open the page /cabine on it
glance-booth-awake = open: { $agency }
glance-booth-talking = in a call: { $agency }
glance-booth-help = calls for help: { $agency }
glance-line = Line
glance-line-whole = All agencies are reached.
glance-line-part = { $heard ->
    [one] { $heard } agency of { $all } is reached.
   *[other] { $heard } agencies of { $all } are reached.
}
glance-line-cut = Network cut.
glance-heard = { $agency }: its box answers.
glance-unheard = { $agency }: its box does not answer.
title-sheet = The day's sheet
sheet-count = { $count ->
    [0] No appointments.
    [one] One appointment.
   *[other] { $count } appointments.
}
sheet-printed = List of { $when }.
sheet-person = Person
sheet-what = Agency
sheet-state = State
sheet-signature = Signature
sheet-keep = This sheet has names on it: keep it out of the public's sight, destroy it after use.

## Papers at the point

papers-hint = Tick what is there. The agency alone sees it, with the person's name.
papers-there = Papers: { $there } of { $all } are there.
papers-noted = Papers noted. The agency sees them.
papers-sealed = The details of this appointment do not open here: papers cannot be noted in them.
button-papers = Note the papers

## Moving, cancelling, taking back

button-book-again = Book another time
interrupted-what = The line did not come back. As soon as it is better, start the call again; otherwise book another time. The person does not count as absent.
title-move = Move the appointment
button-move = Move
move-from = Present appointment: { $when }. Choose the new time.
move-held-help = The appointment is moved at once.
move-asked-help = The agency answers first. Until then the present time stands.
moved-done = Appointment moved: { $agency }, { $when }. The old time is free again.
moved-asked = Request recorded: { $agency }, { $when }. The old time stands until the agency answers.
moved-waits = Another time is asked for: { $when }. Until the answer comes, this one stands.
moved-away = Moved: { $when }.
moved-replaces-when = If the agency confirms, this appointment takes the place of this one: { $when }.
moved-old-stands = The time before still stands: { $when }.
moved-replaced = Takes the place of the appointment before: { $when }.
moved-see = See the other
cancel-late = Less than { $hours } { $hours ->
    [one] hour is
   *[other] hours are
} left: the advisor will hardly see another person at that time.
cancel-late-known = Cancel all the same
cancel-late-again = It is late to cancel. Tick “cancel all the same” to confirm it. Nothing was cancelled.
cancel-minute = You will have a minute to take it back.
undo-cancel = This appointment will be cancelled at { $time } at the latest. Until then the agency is not told and the time is not free.
undo-booking = Booked by mistake? For a minute, one click cancels it. The agency will see “booked by mistake”.
undo-move = Moved by mistake? For a minute, one click puts it back to the time before, which is still free: { $when }.
undo-taken-back = The appointment stands. Nothing was sent.
undo-unbooked = It is cancelled. The time is free again.
button-undo = Undo this
button-cancel-now = Free the time at once
state-cancelling = soon cancelled
error-undo-late = The minute is over: this can no longer be undone. Go back to the appointment.
error-intended = This appointment is being moved or cancelled already. Go back to it to see where it stands.

## The same person's duplicate

double-found = This person already has an appointment: { $agency }, { $when }.
double-open = See this appointment (new tab)
double-accept = Another one is needed: book all the same
error-double = This person already has an appointment. Book the new one with the form.

## Reasons: the only ones that are written, free words would be a person's data in clear

reason-person = The person asked for it
reason-absent = The advisor is absent
reason-closed = The place is closed
reason-mistake = Booked by mistake, or twice
reason-other = Another reason, told by telephone

## More states

state-in-call-help = The person and the advisor are talking.
state-settled = called back
state-settled-help = The time could not be had. The person has been called back.
state-void = without effect
state-void-help = This appointment never counted. Book another.
state-listed = on the waiting list
state-listed-help = Nothing to do before a time becomes free: it is shown here then, with the person's telephone.
state-queued = in the queue
state-queued-help = { $ahead ->
    [0] Next in the walk-in queue.
    [one] One person is before.
   *[other] { $ahead } people are before.
}
state-called = called in
state-called-help = The advisor is waiting for the person now.
state-waiting = waiting for news
state-waiting-help = News from another member is missing. It comes with the next connection.
state-waiting-room-help = The person is here and waits.
state-waiting-room-since = The person has been here since { $time }.

## Animateur and advisor, what was done

animateur-day-empty = No appointment on that day.
animateur-arrived = Arrival noted. The public body sees it.
animateur-call-started = The booth wakes. The advisor is told: leave the person alone.
animateur-call-closed = The booth is taken for this call, but its screen is closed: open the page /cabine on it, and the call begins.
animateur-call-stopped = Call stopped. The booth waits again.
animateur-called-back = Noted: the person has been called back.
advisor-outcome-done = Noted.
button-interrupted = The call was interrupted
button-stop-call = Stop the call
reach-agencies-unheard = No connection with: { $agencies }. A request waits here and leaves by itself.

## Coordination, counts

coordination-commune = Commune (INSEE code)
count-confirmed = confirmed
count-kept = kept
count-refused = refused

## Call, more

call-opens-at = The call opens at { $time }.
call-needs-script = The video call needs JavaScript. Allow it in this browser.
call-last-resort = If the call does not get through, telephone.
call-refused-early = It is too early: the room opens 15 minutes before the appointment.
call-refused-late = It is too late: the room closed 30 minutes after the appointment.
call-refused-cancelled = This appointment was cancelled.
call-refused-full = Too many calls are open on this computer. End one, then try again.
call-refused-asleep = The booth has no call at the moment. The host starts it.
call-refused-node = This computer does not answer. Tell the host, then try again.
call-refused-offer = The browser sent a call request that cannot be read. Reload the page, or update the browser.
call-refused = This computer could not open the call. Reload the page; if it happens again, restart the program.

## What went wrong, more

error-booth-busy = The booth is busy with another call. Wait for its end, or stop it.
error-booth-unknown = This booth does not exist at this point.
error-call-back-settled = This person need not be called back any more: the appointment has changed meanwhile. Go back to the agenda.
error-details = The name, telephone or subject cannot be sealed. Shorten the subject, then try again.
error-details-sealed = The person's name cannot be read here any more. Book with the form.
error-door-elsewhere = This page does not exist on this computer: this computer belongs to a member with the role “{ $role }”.
error-not-member = This computer is not enrolled in a territory yet. Ask the coordination to enrol it.
error-outcome-missing = Choose what became of the appointment.
error-service-unknown = This public body or subject does not exist. Choose from the list.
error-slot-service = The public body does not take this subject at that time. Choose another time.
error-stopping = The program is stopping. Nothing was changed.
error-too-long = It is too long. Nothing was changed. Shorten it, then try again.
error-too-many-pages = Too many pages are open on this computer. Close one.
error-unprintable = There is a character that cannot be shown. Write this field again.

title-slip-read = Read a slip
nav-slip = Read a slip
slip-read-lead = A person brings a slip, and the appointment is not on the agenda? The printed code puts it there, even where the point is cut off.
slip-read-code = Code of the slip
slip-read-hint = Put the cursor here, then pass the scanner over the code. Where there are several, read them in their order.
button-read-code = Read
slip-read-done = Slip read: the appointment is on the agenda.
slip-read-next = Code read. Now read code { $place }.
slip-read-form = This is not the whole code of a slip: pass the scanner over it once more, in one go. A scanner must be set to the keyboard of this computer.
slip-read-version = This code is of a version that this box does not know: update hameau on both sides.
slip-read-foreign = This code is not signed by a point of this territory: nothing of it is taken. Call the point that printed the slip.
slip-read-gap = This code follows others that are missing here: read the codes before it on this slip first, or ask the point for a slip printed today.
slip-read-doubled = This code contradicts what this box has received from that point: call the territory's coordination before you confirm anything.
slip-read-outside = The week of this appointment is not held here: the slip is too old or too far ahead.
slip-read-no-room = There is no more room here for the registers of that point: call the territory's coordination.
slip-read-unknown = The code is read, but it tells of no appointment: call the point that printed the slip.
slip-read-elsewhere = The code is read. This appointment is with another agency: it is not on this agenda.

## Signing in, locking, leaving

title-signin = Who are you?
title-locked = Page locked
signin-name = Account name
signin-password = Password
signin-none = There is no account on this node yet. In a terminal, type:
signin-command-name = NAME
signin-kept = What you wrote is kept. It will be sent as soon as you have given your password.
signin-locked = Nobody has touched this page for a while, or it has been open for too long. Give your password to go on.
signin-wrong = This name and this password do not go together. Check capitals, then try again.
signin-wait = { $seconds ->
    [one] Too many attempts. Wait one second, then try again.
   *[other] Too many attempts. Wait { $seconds } seconds, then try again.
}
signin-again = Your session is closed. Give your password to go on.
cover-by-hand = The page is locked.
cover-kept = What you wrote is still there. Give your password to go on.
button-signin = Sign in
button-unlock = Go on
button-other-account = Another account
button-lock = Lock
button-leave = Sign out
button-leave-here = Sign out here
button-leave-everywhere = Sign out everywhere
account-animateur = host
account-advisor = advisor
account-manager = manager
account-coordination = coordination
error-role-elsewhere = Your account does not open this page. Ask whoever answers for this node.

## The access journal

title-journal = The access journal
nav-journal = Access journal
journal-explained = Each line says who opened the details of which appointments. No name of a person received stands in it. Lines stay for a year.
journal-count = { $count ->
    [0] No access on that day.
    [one] One access on that day.
   *[other] { $count } accesses on that day.
}
journal-number = No.
journal-time = Time
journal-who = Who
journal-where = Where
journal-what = Appointments
journal-page-agenda = agenda
journal-page-call-backs = people to call back
journal-page-appointment = appointment
journal-page-slip = slip
journal-page-amend = correction
journal-page-book = new appointment
journal-page-cancel = cancellation
journal-page-move = move
journal-page-sheet = day's sheet
journal-page-double = duplicate noticed
journal-page-call = call
journal-terminal = terminal
journal-whole = { $count ->
    [0] The journal is whole: it has no line yet.
    [one] The journal is whole: its only line is as it was written.
   *[other] The journal is whole: its { $count } lines are as they were written.
}
journal-changed = The journal was changed at line { $number }. Leave this node as it is, and tell the coordination.
journal-missing = Line { $number } of the journal is missing. Leave this node as it is, and tell the coordination.
journal-beyond = Line { $number } was added to the journal. Leave this node as it is, and tell the coordination.
journal-head = Last hash: { $head }.
error-journal = The access journal cannot be read. Tell the coordination.

## The office network, and how a computer is told to trust this box

title-trust = Trusting this box
nav-trust = Office computers
trust-address = This box's pages open at the office at the address
trust-given = This box presents your administration's certificate: there is nothing to install on any computer.
trust-why = A computer of the office does not know this box yet: its browser warns that the connection is not safe, and refuses camera and microphone. It is enough to tell it once.
trust-fingerprint = Fingerprint of the authority (SHA-256)
trust-windows-fingerprint = The same, as Windows shows it (SHA-1)
trust-name = Name of the authority: { $name }.
trust-until = Valid until { $date }.
trust-paper = Print this page and take it to the computers: it is this paper that one compares with.
trust-compare = Compare with the paper printed from the box, or with what “hameau certificate” says on the box itself. As long as this computer has no trust, what stands on this page proves nothing.
trust-steps = Once on each computer
trust-step-download = Download the file:
trust-step-install = Open it according to your browser:
trust-install-windows = double-click the file, “Install Certificate”, “Current User”, “Place all certificates in the following store”, “Browse”, “Trusted Root Certification Authorities”, then “Finish”. Windows then asks whether you agree, and shows the fingerprint.
trust-install-firefox = “Settings”, “Privacy & Security”, “View Certificates”, tab “Authorities”, “Import”, tick “Trust this CA to identify websites”; “View” shows the fingerprint. On Windows, Firefox also takes what Windows knows.
trust-install-linux = in a terminal: sha256sum hameau.crt shows the fingerprint, then certutil -d sql:$HOME/.pki/nssdb -A -t "C,," -n Hameau -i hameau.crt (package libnss3-tools).
trust-step-compare = Before you agree, compare the fingerprint shown with that of the paper, group by group. If a single one differs, stop, delete the file and tell the person responsible for this box.
trust-step-again = Close the whole browser, then open { $address }: it warns no more.
trust-limits = This authority vouches for this box's names and those that end with them, and for no other site.
trust-many = Your IT service can also install it on all computers at once, by a group policy.
trust-none-yet = This box's certificate is not ready yet. On the box, “hameau certificate” says why.
trust-closed = This box's pages open on this computer only. To open them on the office network, write in node.toml, with this box's address, then start it again:
trust-nothing = There is nothing to install: this box has no authority of its own.
trust-link = Does your browser warn that this page is not safe?
error-loopback-only = This page opens on the box's own computer only.

## Coordination, members

title-member = Member
title-enrol = Enrol a member
title-replace = A new node for { $member }
title-revoke = Revoke the node of { $member }
reach-revoked = revoked
reach-since = last heard { $when }
member-key = Key of its node
member-version = Version
member-addresses = Addresses
member-boxes = Its nodes
member-box-now = Speaks for this member
member-box-revoked = Revoked
member-box-replaced = Replaced
member-stake = What this node stands for today
stake-nothing = No coming appointment, no request, no reserved time: nothing waits for this node, as far as is known here.
stake-at-point = { $count ->
    [one] { $count } person expected at this point
   *[other] { $count } people expected at this point
}
stake-at-agency = { $count ->
    [one] { $count } person expected by this agency
   *[other] { $count } people expected by this agency
}
stake-unanswered = { $count ->
    [one] { $count } request without an answer
   *[other] { $count } requests without an answer
}
stake-reserved = { $count ->
    [one] { $count } time reserved for this member, still free
   *[other] { $count } times reserved for this member, still free
}
enrol-explained = On the member's computer, “hameau init” has written the file request.json. Open it with a text editor, copy all of it, paste it here.
replace-explained = The new node will speak for { $member }; the old one never will again. On the new one, “hameau init” with the same short name has written the file request.json: open it, copy all of it, paste it here.
replace-stake = What the old node stands for, as far as is known here:
enrol-request = The request (request.json)
enrol-request-help = It begins with a brace and holds the node's key.
enrol-compare = What the request says
enrol-compare-help = The request is not signed. Call the member and compare the key aloud before you accept it.
revoke-effects = What will happen
revoke-effect-key = This node's key never serves again, even if the node comes back. To come back, this member will need a new node.
revoke-effect-network = As soon as they hear of it, the other members close their links with it and send it nothing more.
revoke-effect-appointments = Appointments that others know stay visible. What the node would still write counts no more.
revoke-effect-settle = Each agency must then settle its times, with “hameau settle”: people who are expected stay in its agenda, to be called back; times that are reserved and free come back.
revoke-stake = What this node stands for, as far as is known here:
revoke-read = I have read what will happen.
papers-help = A node that is enrolled begins with the file papers.json: give it to the member, for “hameau join”.
button-enrol = Enrol a member
button-replace = Replace the node
button-revoke = Revoke the node
button-papers-file = papers.json
button-read-request = Read the request
notice-enrolled = The member is enrolled. Now give it papers.json.
error-not-coordination = Only the coordination's node enrols, replaces and revokes.
error-succeeded = The root key has named another coordination: this node writes the roster no more.
error-request-unreadable = This request cannot be read. Copy the whole of request.json, from the first brace to the last.
error-enrol-clash = This short name or this node is enrolled already. For a new node, open the member's page and replace its node; else the member chooses another short name.
error-enrol-retired = This node was revoked or replaced: its key serves no more. Prepare another, with “hameau init” in a new folder.
error-nothing-to-replace = This is not the request of a new node of this member: compare the short name and the role.
error-enrol-coordination = A coordination is not enrolled: the root key names it, with “hameau succeed”.
error-no-papers = This node has no roster to give yet.
error-member-unknown = There is no such member. Go back to the list.
error-member-revoked = This member's node is revoked already.
error-member-changed = Nothing was revoked: this member has another node since the page was opened. Read its page again.
error-member-own = The coordination does not revoke itself: the root key names another.
error-revoke-unread = Nothing was revoked. Read what will happen, then tick the box.

## Coordination, numbers

title-evaluation = Appointments in numbers
evaluation-from = From month
evaluation-to = To month
evaluation-by = By
evaluation-all = Total
evaluation-unknown = unknown
evaluation-help = Recent weeks are counted alike everywhere; older ones as this node counted them before it erased them. Nobody has a name in them. Before you publish them, leave out what is smaller than five: in a village, a number may be somebody. A week has the ISO number of its Monday; one across two months counts in each for its days.
by-week = week
by-month = month
by-point = point
by-agency = agency
by-service = service
count-no-show = no-shows
count-interrupted = interrupted
count-moved = moved
count-cancelled-point = cancelled by the point
count-cancelled-agency = cancelled by the agency
count-minutes = minutes
count-arrived = came
button-show = Show
evaluation-columns = What the columns of the file say
column-mois = The month, YYYY-MM
column-semaine = The week of the Monday, YYYY-Wnn (ISO 8601); nothing for what an earlier version counted
column-agency-id = The agency's short name
column-agency = Its name
column-service-id = The subject's short name
column-service = Its name
column-point-id = The point's short name
column-point = Its name
column-insee = The INSEE code of its commune
column-asked = Asked for, not answered by the agency
column-confirmed = Confirmed, and nothing else is said of them
column-kept = They took place
column-no-show = The person did not come
column-interrupted = Begun, not finished
column-refused = The agency refused
column-moved = The person has another time instead
column-by-point = Cancelled by the point
column-by-agency = Cancelled by the agency
column-taken = The agency took the time back from a lost box
column-suspended = In suspense: a box was replaced, nobody has decided yet
column-minutes = Minutes of those that took place or began
column-arrived = People who came
column-early = Minutes by which they came early, together
button-csv = File for a spreadsheet (CSV)
error-month = There is no such month: write it like 2027-03. All months are shown.
error-months-backwards = The first month is after the last: nothing is counted. Swap them.
## What an agency lays down

terms-shortest = { $hours ->
    [one] To be booked at least an hour before.
   *[other] To be booked at least { $hours } hours before.
}
terms-longest = { $days ->
    [one] To be booked the day before at the earliest.
   *[other] To be booked { $days } days before at the earliest.
}
terms-before = Before the appointment
terms-after = After the appointment
quota-week = Week of { $date }: { $used } of { $most } appointments of this point are taken.
quota-week-full = Week of { $date }: this point has its { $most } appointments already, the public body gives no other.
counterparts = Whom to call there
counterparts-hint = For you alone: do not give these numbers to the public.
error-too-soon = This time is too near: for this subject, the public body wants more notice. Choose a later time.
error-too-far = This time is too far ahead for this subject. Choose a nearer one.
error-quota = This point has all the appointments that the public body gives it in that week. Choose another week.
error-day-full = This desk has all its appointments on that day. Choose another day.
error-too-close = This time is too near another appointment of the desk. Choose another.
refused-too-soon = The public body refused: the time was too near, it wants more notice for this subject. Call the person and propose a later time.
refused-too-far = The public body refused: the time was too far ahead for this subject. Call the person and propose a nearer time.
refused-quota = The public body refused: this point had all its appointments of that week. Call the person and propose another week.
refused-day-full = The public body refused: the desk had all its appointments of that day. Call the person and propose another day.
refused-too-close = The public body refused: the time was too near another appointment of the desk. Call the person and propose another time.

## Who is there, and who has arrived

presence-label = Your presence
presence-own-here = The points see that you are there, while this page is open and unlocked.
presence-own-away = The points see that you are away for a moment.
presence-go-away = I am away for a moment
presence-back = I am back
presence-desk = My desk
presence-desk-save = Change desk
presence-any-desk = All desks
presence-here = The advisor is there since { $since }.
presence-away = The advisor went away for a moment, at { $since }.
presence-empty = No advisor in front of the agenda since { $since }.
presence-unknown = It is not known whether an advisor is there.
button-silence = Silence
ring-title = Arrival
ring-notice-title = A person has arrived
ring-notice = { $point } · appointment of { $time }
ring-allow = Tell me too when this page is hidden
ring-sound-off = The browser blocks the sound: click once in this page to allow it.

## The agency's week

nav-week = Week
nav-weeks = Weeks
nav-previous-week = Previous week
nav-next-week = Next week
nav-this-week = This week
title-week = The week · { $agency }
week-of = Week of { $date }
week-desk = Desk
week-no-desk = This public body has no desk: write some in member.toml.
week-free = free
week-held = kept for { $point }
week-full = free, but the day is full
week-buffer = buffer
week-doubt = in doubt
week-closed-holiday = Closed: public holiday
week-closed-absence = Closed: absence
week-all-services = all subjects
week-kept = Slots kept for points
week-kept-use = { $point }: { $used } of { $all } taken
week-quotas = Appointments allowed a week
week-quota-use = { $point }, { $service }: { $used } of { $most }

## Headset or loudspeaker

output-which = How do you want to hear the advisor?
output-headset = Headset
output-loudspeaker = Loudspeaker
output-other = Change the sound
output-aloud = The advisor is heard in the room: close the door before you speak of personal things.

## The agency's notes

title-note = Note of the public body
note-label = Note on this appointment
note-hint = For colleagues of this public body. It stays on this box, sealed, and is erased with the person's details. Who reads it is in the access journal.
note-open = Read the note
note-begin = Add a note
note-gone = The note is erased: nothing was written.
note-done = The note is kept.
button-note = Keep the note
error-note = A note has { $max } characters at most, and no special ones: shorten it.
journal-page-note = note

## An appointment passed on

referral-button = Pass on to another service
referral-to = Public body and subject
referral-hint = This appointment stays yours until the point has chosen a time there with the person; until then you can take it back.
referral-done = The point will propose a time there. This appointment stands until then.
referral-agency = To be passed on to { $agency }, { $service }: this appointment stands until a time is taken there.
referral-point = the public body proposes to pass it on to { $agency }, { $service }.
referral-choose = Choose a time
referral-take-back = Do not pass it on
referral-taken-back = This appointment stays yours.
error-referral-same = This appointment is with that public body and subject already: choose another.
colleague-button = Pass to a colleague
colleague-to = Desk
colleague-hint = At the same hour: nothing changes for the person, nor for the point. That hour of the colleague's is offered to nobody else.
colleague-confirm = Pass to this desk
colleague-done = Noted: another desk sees the person, at the same hour.
colleague-instead = Booked at { $desk }, seen by a colleague.
error-colleague = This desk is not free at that hour. Go back to the agenda and choose another.
week-colleague = seen by { $desk }
moved-from = The hour was changed: before, { $when }.
waiting-count = { $count ->
    [0] Waiting list: nobody
    [one] Waiting list: 1 person
   *[other] Waiting list: { $count } people
}
waiting-listed = { $count ->
    [0] On the waiting list. No time was proposed yet.
    [one] On the waiting list. 1 time of 3 was proposed.
   *[other] On the waiting list. { $count } times of 3 were proposed.
}
waiting-over = Three times were proposed: this person is no longer on the waiting list.
waiting-join-help = When a time becomes free, it is proposed here, with the person's telephone: three times at most, once a day. Times that are free already are not proposed: to take one, move the appointment.
waiting-joined = The person is on the waiting list. Their appointment does not change.
waiting-joined-any = The person is on the waiting list. They need no call before a time becomes free.
waiting-left = The person is no longer on the waiting list.
waiting-told = Noted. Nothing else is proposed to this person today.
waiting-free = Free: { $when }
waiting-instead = Present appointment: { $when }
waiting-without = Without an appointment: refused or cancelled by the agency ({ $when })
waiting-nth = Proposal { $number } of { $all }.
waiting-asked = This is a request: the agency has to confirm. The present appointment, if there is one, stands until then.
waiting-unheard = The agency is out of reach now: its answer will wait for the line.
waiting-others = Nothing to do before a time becomes free:
waiting-since = Waiting since { $when }
waiting-so-far = { $count ->
    [one] 1 time proposed so far
   *[other] { $count } times proposed so far
}
waiting-calls = { $count ->
    [one] 1 person of the waiting list to call
   *[other] { $count } people of the waiting list to call
}
title-seek = Enter on the waiting list
title-seeker = Person who waits for a time
seek-help = As soon as a time becomes free, it is proposed on the agenda with the person's telephone: three times at most, once a day. Times that are free already are not proposed.
seek-privacy = Name, telephone and subject are sealed on this computer. The agency gets them with an appointment only.
seek-done = The person is on the waiting list. Nothing is booked for them.
seek-until = Without an appointment, waiting until { $date }
seek-over = Three times were proposed: call the person, then take them off the list.
seek-book-help = If you take a time with them, take them off the list afterwards.
button-seek = Enter on the list
button-seek-none = No time suits: waiting list
error-seeker-unknown = This person is no longer on the waiting list. Go back to the agenda.
button-waiting-join = Earlier if a time becomes free
button-waiting-any = Wait until a time becomes free
button-waiting-leave = Take off the waiting list
button-proposal-taken = The person takes this time
button-proposal-declined = It does not suit
button-proposal-not-reached = Nobody answers
error-waiting-full = This point's waiting list is full (256 people). Take off it those who no longer wait.
error-proposal-gone = This time is no longer proposed to this person: it is taken, or a time was proposed to them today already. Go back to the agenda.
error-proposal-answer = Choose what the person answered.
journal-page-waiting = waiting list
journal-page-suspended = appointments on hold

title-queue = Enter in the queue
queue-title = Without an appointment
queue-window = walk-in hours from { $from } to { $to }
queue-waiting = { $count ->
    [0] Nobody waits.
    [one] 1 person waits.
   *[other] { $count } people wait.
}
queue-join = Enter in the queue
queue-help = There is no hour: people are seen in the order in which the agency heard of them. The person waits here. A booth is chosen when the advisor calls them.
queue-joined = Entered: { $agency }. The place in the queue shows here.
queue-left = The person is no longer in the queue.
queue-booth = a free booth, once called
queue-is-called = { $agency } calls the next person. Seat them in a booth and start the call:
queue-called = The person is called. Join the call: they are on the way to the booth.
state-queue-asked-help = The place is asked for. The agency gives it as soon as it hears of it: until then it is not sure.
button-queue-leave = Leave the queue
button-ticket = Print the ticket
button-call-next = Call the next person
error-booth-none = No booth is free: wait until a call is over, then start this one.
error-queue-closed = There are no walk-in hours today for this subject, now or later. Go back to the agenda, or book an appointment.
error-queue-unknown = There are no such walk-in hours here. Go back to the agenda.
queue-over = The walk-in hours ended before this person was called in.
error-queue-past = The walk-in hours are over: nobody is called in any more. The point calls back those who waited.
error-queue-moved = The queue has moved on meanwhile: nobody was called. Go back to the agenda and see who is next.
slip-queue-heading = Your place in the queue
slip-queue = This is a queue, without an hour. Stay at the point: you will be called.
slip-queue-printed = (at { $time })

practice-label = Practice
practice-banner = Practice: this day is invented. Nothing entered here reaches an agency or the real calendar.

# Trial before a call
title-trial = Trial before a call
nav-trial = Trial
trial-open = Try picture and sound
trial-devices = Camera, microphone and loudspeaker
trial-devices-help = Picture and sound stay on this computer: nothing is sent, nothing is recorded.
trial-begin = Begin the trial
trial-camera-wait = Camera: no picture yet.
trial-camera-good = The camera works.
trial-micro-wait = Microphone: say something.
trial-micro-good = The microphone hears you.
trial-sound-wait = Loudspeaker or headset: not tried yet.
trial-sound-good = The sound is heard.
trial-sound-bad = The sound is not heard: turn the volume up, look at the plug of the headset, then listen again.
trial-level = What the microphone hears
trial-play = Listen to two notes
trial-heard = Have you heard two notes?
trial-yes = Yes
trial-no = No
trial-back = End of the trial
trial-line = The line
trial-line-help = Some ten seconds, to the other node, both ways. Not during a call.
trial-line-none = There is nobody to try it with yet: that comes with the enrolments.
trial-line-with = With
trial-line-begin = Try the line
trial-line-found = { $member }, { $when }
trial-line-good = A good line: sound and picture pass.
trial-line-fair = A fair line: sound passes, the picture will be small or absent.
trial-line-poor = A poor line: sound itself is lost. Keep a telephone at hand.
trial-sound-came = Sound that came there: { $there } %, here: { $here } %
trial-picture-came = Picture that came there: { $there } %, here: { $here } %
trial-rtt = There and back: { $ms } ms
error-trial-unknown = This member is not in the list. Go back to the trial and choose one.
error-trial-busy = A call or another trial is under way, here or there. Wait until it is over, then try again.
error-trial-unreachable = The node of “{ $member }” does not answer. See that this one has the internet, then ask there whether the other is switched on.

## Documents in a call

documents-title = Documents
documents-deleted = Deleted from this computer when the call ends.
documents-file = Deleted from here when the room closes: save what you keep.
button-give-document = Give a document
button-open-document = Open
button-save-document = Save
button-want-document = See the document
button-refuse-document = No, thank you
button-document-before = Previous page
button-document-after = Next page
button-close-document = Close
document-ask = The advisor wants to give you a document:
document-page = Page { "@" } of { "#" }
document-shown = Document open, visible on both sides
document-going = Sending the document to this computer…
document-asked = offered to the other side
document-asks = waiting for your consent
document-moving = on its way: { $percent } %
document-sent = sent
document-came = received
document-declined = declined by the person
document-unfit = refused: it is no sound PDF, JPEG or PNG document
size-kilo = { $size } kB
size-mega = { $whole }.{ $tenth } MB
error-document-early = The call is not open. Join the call, then give the document.
error-document-empty = This file is empty. Choose another file.
error-document-long = This file is beyond 30 MB. Choose a smaller file, or photograph the page.
error-document-kind = This file is no PDF, JPEG or PNG document. Save it as one of these, then give it again.
error-document-pixels = This picture is too large (more than 64 million points). Make it smaller, then give it again.
error-documents-many = There are too many documents in this call already: 20 documents, or 100 MB received, at most.
error-document-disk = The disk could not keep the document. Tell whoever looks after the computer.
error-document-cut = The document stopped on its way. Give it again.
error-document-gone = This document is not here any more: it is deleted when the call ends.
error-document-page = This page does not open. Ask for the document in another form.
error-document-poppler = This computer cannot show a PDF. Ask for a photograph, or have “poppler-utils” installed.
text-label = Message to the other person
texts-label = Messages
text-you = You:
text-other = The other person:
button-send-text = Send
error-text-long = This message is beyond 300 characters. Write it in two.
error-text-early = The call is not open. Join the call, then write.
button-share-screen = Show my screen
button-unshare-screen = Stop showing my screen
share-refused = The screen is not shown: choose a window and accept sharing it.
button-scan = Scan a paper
scanning = The scanner reads the paper…
document-scan = Scanned paper.jpg
printing = The document is being printed…
printed = The document has gone to the printer.
error-device-none = This booth has no such device. Call the animateur.
error-device-program = The computer cannot use this device: “sane-utils” or “cups-client” has to be installed. Call the animateur.
error-device-paper = The printer has no paper left. Call the animateur, then print again.
error-device-stopped = The printer is stopped. Call the animateur, then print again.
error-device-slow = The printer did not take the document. Call the animateur, then print again.
error-device-faulty = The device does not answer. See that it is switched on, or call the animateur.
trial-rehearse = Call yourself
trial-rehearse-end = Stop the trial
trial-rehearsal = Say a few words: you see and hear yourself two seconds later, as the other person would. The trial stops after a minute.
trial-echo = Your picture, two seconds later
error-document-unsaid = That did not work. Try again.
