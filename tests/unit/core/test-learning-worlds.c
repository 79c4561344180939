/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixture.h"

#include <string.h>

/* Learning against servers of all kinds: 2,000 random rule sets with windows, travels and changes.
 * The policy decides, a server answers by rules that only it knows, and what it says is noted as
 * delivery does. Printed is what that cost; wanted is that a server refuses at most twice for what
 * is then known, that nothing is held that it would take, and that the lines it comes to say what
 * the server does wherever it was asked.
 *
 * Each run has other worlds, and prints which; those that once showed a fault are always among
 * them. ROAMPOST_WORLD=SEED runs that one alone and says what happens in it,
 * ROAMPOST_WORLDS=FIRST:COUNT so many. */

#define WORLDS 2000
#define MAILS 100
#define HELD_MOST (32 * G_TIME_SPAN_DAY)
#define CHANCE(rand, percent) (g_rand_int_range(rand, 0, 100) < (percent))

/* ---- the server ---- */

typedef struct {
	guint vector;
	gboolean inside;
} Alternative;

#define MOST_ALTERNATIVES 3
#define N_PLACES 5
#define LOCAL "l.example"

static const char *const places[N_PLACES] = {
	"ppp0 ppp 203.0.113.7",
	"ppp0 ppp 198.51.100.7",
	"ppp0 ppp 203.0.112.7",
	"wlan0 wifi 192.168.1.5 uuid=one gw=02:00:00:00:00:01",
	"wlan0 wifi 192.168.1.5 uuid=two gw=02:00:00:00:00:02",
};
static const char *const place_names[N_PLACES] = {
	"203.0.113.0/24", "198.51.100.0/24", "203.0.112.0/24", "one", "two"};

typedef struct {
	Alternative rules[MOST_ALTERNATIVES];
	guint n_rules;
	gboolean inside[N_PLACES];
	gboolean
		spoofs; /* it refuses its own senders from outside, without a login: not monotone */
	gboolean delivers_local;
	RpSpan window;
	RpTime login[N_PLACES]; /* by POP; 0: none */
} Server;

static gboolean
server_takes(const Server *server, guint place, guint vector)
{
	if (server->spoofs && !server->inside[place] && (vector & RP_VECTOR_SENDER_DOMAIN) &&
		!(vector & RP_VECTOR_POP_LOGIN))
		return FALSE;
	for (guint i = 0; i < server->n_rules; i++)
		if (!(server->rules[i].vector & ~vector) &&
			(!server->rules[i].inside || server->inside[place]))
			return TRUE;
	return FALSE;
}

/* ---- one world ---- */

typedef enum { STEADY, FINAL_DELIVERY, CHANGED, NOT_MONOTONE, N_KINDS } Kind;

typedef struct {
	guint worlds, mails, sent, held, asked, first, retried, window;
	guint most_first; /* refusals of one class and vector before it was known, at most */
	guint needless;   /* holds of what the server would take, and nothing excuses it */
	guint local;      /* the same, of final delivery that was never tried */
	guint stale;      /* the same, until the next retry, of a server that has changed */
	guint contradictory;
	guint lines, wrong_lines;
	guint in_doubt; /* the same, where one domain alone had an answer: it may be of its own */
	guint at_best;  /* so many that are wrong has every rule */
} Counts;

typedef struct {
	guint32 seed;
	GRand *rand;
	Kind kind;
	gboolean talks;
	Server server;
	gboolean pop, auth;
	guint change_at; /* the mail before which the server becomes another; MAILS: never */
	gboolean has_changed;
	FxCase c[N_PLACES];
	GPtrArray *logins;
	RpObservations *observations;
	RpTime now;
	guint first[N_PLACES][RP_N_VECTORS];
	guint seen[N_PLACES][RP_N_VECTORS]; /* by which recipients, bit for bit */
	Counts counts;
} World;

static void
random_rules(World *world)
{
	GRand *rand = world->rand;
	Server *server = &world->server;

	server->n_rules = (guint)g_rand_int_range(rand, 1, MOST_ALTERNATIVES + 1);
	for (guint i = 0; i < server->n_rules; i++) {
		Alternative *rule = &server->rules[i];

		*rule = (Alternative){0};
		if (CHANCE(rand, 35))
			rule->vector |= RP_VECTOR_SENDER_DOMAIN;
		if (CHANCE(rand, 25))
			rule->vector |= RP_VECTOR_RECIPIENT_DOMAIN;
		if (CHANCE(rand, 35))
			rule->vector |= RP_VECTOR_POP_LOGIN;
		if (world->auth && CHANCE(rand, 50))
			rule->vector |= RP_VECTOR_AUTH;
		rule->inside = CHANCE(rand, 45);
	}
}

static void
random_server(World *world)
{
	static const guint windows[] = {1, 2, 5, 10, 30, 120};
	GRand *rand = world->rand;
	Server *server = &world->server;

	random_rules(world);
	server->inside[0] = server->inside[2] = TRUE;
	server->inside[3] = CHANCE(rand, 50);
	server->inside[4] = CHANCE(rand, 30);
	server->window =
		windows[g_rand_int_range(rand, 0, G_N_ELEMENTS(windows))] * G_TIME_SPAN_MINUTE;
	server->spoofs = world->kind == NOT_MONOTONE;
	server->delivers_local = world->kind == FINAL_DELIVERY;
}

static void
open_places(World *world)
{
	g_autofree char *config = g_strdup_printf(
		"set s ids=@p.example domains=p.example carries=any window=600 relay=auto%s%s\n"
		"set t ids=@q.example domains=q.example relay=auto priority=9",
		world->pop ? ";auto:pop-login pop=pop3://p" : "", world->auth ? " user=a" : "");

	for (guint i = 0; i < N_PLACES; i++) {
		FxRow row = {.config = config, .place = places[i], .from = "", .to = ""};

		fx_case_init(&world->c[i], &row);
		world->c[i].situation.observations = world->observations;
		world->c[i].situation.pop_logins = world->logins;
	}
}

static void
world_init(World *world, guint32 seed)
{
	world->seed = seed;
	world->rand = g_rand_new_with_seed(seed);
	world->observations = rp_observations_new();
	world->logins = g_ptr_array_new_with_free_func((GDestroyNotify)rp_pop_login_record_free);
	world->now = FX_NOW;
	world->change_at = MAILS;
	world->counts.worlds = 1;
}

static void
random_world(World *world, guint32 seed)
{
	world_init(world, seed);
	world->pop = CHANCE(world->rand, 75);
	world->auth = CHANCE(world->rand, 10);
	world->kind = CHANCE(world->rand, 55)   ? STEADY
		      : CHANCE(world->rand, 45) ? FINAL_DELIVERY
		      : CHANCE(world->rand, 60) ? CHANGED
						: NOT_MONOTONE;
	if (world->kind == CHANGED)
		world->change_at = (guint)g_rand_int_range(world->rand, 20, 70);
	random_server(world);
	open_places(world);
}

static void
world_clear(World *world)
{
	for (guint i = 0; i < N_PLACES; i++)
		fx_case_clear(&world->c[i]);
	rp_observations_free(world->observations);
	g_ptr_array_unref(world->logins);
	g_rand_free(world->rand);
}

/* ---- one mail ---- */

typedef struct {
	World *world;
	guint place;
	const char *sender, *recipient;
	guint who;    /* the recipient's number */
	guint vector; /* but for the POP login */
	FxCase *c;
} Mail;

static gboolean
is_final(const Mail *mail)
{
	return mail->world->server.delivers_local && g_str_has_suffix(mail->recipient, "@" LOCAL);
}

static gboolean
login_is_open(const Mail *mail)
{
	const Server *server = &mail->world->server;

	return server->login[mail->place] &&
	       mail->world->now - server->login[mail->place] < server->window;
}

static void
log_in(const Mail *mail)
{
	World *world = mail->world;
	RpPopLoginRecord *login = g_new0(RpPopLoginRecord, 1);

	login->set = g_strdup("s");
	login->place_key = g_strdup(mail->c->place->key);
	login->at = world->now;
	g_ptr_array_set_size(world->logins, 0);
	g_ptr_array_add(world->logins, login);
	world->server.login[mail->place] = world->now;
}

static RpObservation *
observation(const Mail *mail, const char *rule)
{
	RpObservation *heard =
		rp_policy_observation(mail->c->catalogue, 0, mail->sender, mail->recipient, rule);
	const RpLink *link = mail->c->place->network->links->pdata[0];

	rp_policy_vantage(mail->c->place, rp_catalogue_set(mail->c->catalogue, 0),
		&g_array_index(link->addresses, RpAddress, 0), &heard->from);
	heard->at = mail->world->now;
	return heard;
}

static void
note_refused(const Mail *mail, RpObservation *heard)
{
	World *world = mail->world;
	RpKnowledge before = rp_learning_judge(
		world->observations, "s", &heard->from, heard->vector, heard->domain);
	guint *first = &world->first[mail->place][heard->vector];

	if (before.known == RP_KNOWN_REFUSED) {
		world->counts.retried++;
	} else {
		world->counts.first++;
		++*first;
		world->counts.most_first = MAX(world->counts.most_first, *first);
		if (*first > 2 + world->kind && world->kind <= CHANGED)
			g_test_message("seed %u: refused for the %uth time at %s", world->seed,
				*first, place_names[mail->place]);
	}
	heard->said = RP_SAID_REFUSED;
	heard->words = g_strdup("550 no");
	world->seen[mail->place][heard->vector] |= 1u << mail->who;
	rp_observations_note(world->observations, heard);
}

static void
note_taken(const Mail *mail, RpObservation *heard)
{
	World *world = mail->world;
	RpTime login = world->server.login[mail->place];

	heard->said = RP_SAID_TAKEN;
	if (!(heard->vector & RP_VECTOR_POP_LOGIN) && login &&
		world->now - login < 6 * G_TIME_SPAN_HOUR)
		return;
	if (!is_final(mail))
		world->seen[mail->place][heard->vector] |= 1u << mail->who;
	rp_observations_note(world->observations, heard);
}

static void
tell(const Mail *mail, const char *what, const char *rule)
{
	if (mail->world->talks)
		g_test_message("%6.1f h %-15s %s -> %s: %s %s",
			(double)(mail->world->now - FX_NOW) / G_TIME_SPAN_HOUR,
			place_names[mail->place], mail->sender, mail->recipient, what, rule);
}

/* The server is asked. TRUE: it has answered for good. */
static gboolean
ask(const Mail *mail, const RpRecipientPlan *plan)
{
	World *world = mail->world;
	g_autoptr(RpObservation) heard = observation(mail, plan->rule);
	guint brought = mail->vector;

	world->counts.asked++;
	if (plan->pop_login_first)
		log_in(mail);
	if (login_is_open(mail))
		brought |= RP_VECTOR_POP_LOGIN;
	if (is_final(mail) || server_takes(&world->server, mail->place, brought)) {
		tell(mail, "taken", plan->rule);
		world->counts.sent++;
		note_taken(mail, heard);
		return TRUE;
	}
	tell(mail, "refused", plan->rule);
	if ((heard->vector & RP_VECTOR_POP_LOGIN) && !plan->pop_login_first) {
		/* Its window is shorter than ours: a new login is made. */
		g_ptr_array_set_size(world->logins, 0);
		world->counts.window++;
		return FALSE;
	}
	note_refused(mail, heard);
	return FALSE;
}

static void
count_held(const Mail *mail)
{
	World *world = mail->world;
	guint best = mail->vector | (world->pop ? RP_VECTOR_POP_LOGIN : 0u);

	world->counts.held++;
	tell(mail, "held", "");
	if (is_final(mail))
		world->counts.local++;
	else if (!server_takes(&world->server, mail->place, best))
		return;
	else if (world->has_changed)
		world->counts.stale++;
	else if (world->kind == NOT_MONOTONE)
		world->counts.contradictory++;
	else {
		world->counts.needless++;
		g_test_message("seed %u: held needlessly at %s: %s -> %s", world->seed,
			place_names[mail->place], mail->sender, mail->recipient);
	}
}

/* What is held says when it is tried again, and that is not further off than it may be. */
static void
check_held(const Mail *mail, const RpRecipientPlan *plan)
{
	const RpHoldReason *reason = plan->reasons->pdata[0];
	gboolean says = FALSE;

	g_assert_cmpint(reason->reason, ==, RP_REASON_REFUSED_HERE);
	for (guint i = 0; i < reason->unlock->len; i++) {
		const RpUnlock *unlock = reason->unlock->pdata[i];

		if (unlock->kind != RP_UNLOCK_RETRY_AFTER)
			continue;
		says = TRUE;
		g_assert_cmpint(unlock->time, >, mail->world->now);
		g_assert_cmpint(unlock->time, <=, mail->world->now + HELD_MOST);
	}
	g_assert_true(says);
}

static void
deliver(const Mail *mail)
{
	World *world = mail->world;

	world->counts.mails++;
	for (guint attempt = 0; attempt < 8; attempt++) {
		mail->c->situation.now = world->now;
		mail->c->message = (RpMessageFacts){.sender = mail->sender,
			.header_from = mail->sender,
			.recipients = &mail->recipient,
			.n_recipients = 1};
		g_autoptr(RpDecision) decision =
			rp_policy_decide(&mail->c->situation, &mail->c->message);
		const RpRecipientPlan *plan = &decision->recipients[0];

		if (plan->verdict == RP_VERDICT_HOLD) {
			check_held(mail, plan);
			count_held(mail);
			return;
		}
		/* Never by the other set, which may not carry it. */
		g_assert_cmpuint(plan->set, ==, 0);
		if (ask(mail, plan))
			return;
		world->now += G_TIME_SPAN_SECOND;
	}
	g_error("seed %u: a mail is tried for ever", world->seed);
}

static void
random_mail(World *world, guint place)
{
	static const char *const recipients[] = {"b@o0.example", "b@o1.example", "b@o2.example",
		"b@o3.example", "b@o4.example", "b@o5.example", "b@o6.example", "b@o7.example",
		"b@p.example", "b@" LOCAL};
	GRand *rand = world->rand;
	Mail mail = {.world = world, .place = place, .c = &world->c[place]};

	mail.sender = CHANCE(rand, 60) ? "a@p.example" : "a@other.example";
	mail.who = (guint)g_rand_int_range(rand, 0, G_N_ELEMENTS(recipients));
	mail.recipient = recipients[mail.who];
	mail.vector = world->auth ? RP_VECTOR_AUTH : RP_VECTOR_NONE;
	if (g_str_has_suffix(mail.sender, "@p.example"))
		mail.vector |= RP_VECTOR_SENDER_DOMAIN;
	if (g_str_has_suffix(mail.recipient, "@p.example"))
		mail.vector |= RP_VECTOR_RECIPIENT_DOMAIN;
	deliver(&mail);
}

static void
change(World *world)
{
	random_rules(world);
	world->has_changed = TRUE;
	memset(world->first, 0, sizeof world->first);
	memset(world->seen, 0, sizeof world->seen);
}

static RpSpan
random_pause(GRand *rand)
{
	static const RpSpan most[] = {G_TIME_SPAN_MINUTE, 20 * G_TIME_SPAN_MINUTE,
		12 * G_TIME_SPAN_HOUR, 4 * G_TIME_SPAN_DAY};

	return 1 + (RpSpan)(g_rand_double(rand) *
			    (double)most[g_rand_int_range(rand, 0, G_N_ELEMENTS(most))]);
}

static void
live(World *world)
{
	guint place = 0;

	for (guint i = 0; i < MAILS; i++) {
		if (i == world->change_at)
			change(world);
		if (CHANCE(world->rand, 25))
			place = (guint)g_rand_int_range(world->rand, 0, N_PLACES);
		world->now += random_pause(world->rand);
		random_mail(world, place);
	}
}

/* ---- the lines ---- */

static gboolean
list_has(const GPtrArray *list, const char *text)
{
	return g_ptr_array_find_with_equal_func((GPtrArray *)list, text, g_str_equal, NULL);
}

static gboolean
proposed_inside(const RpProposal *proposal, guint place)
{
	return list_has(proposal->prefixes, place_names[place]) ||
	       list_has(proposal->connections, place_names[place]);
}

static gboolean
line_takes(const char *rule, gboolean inside, guint vector)
{
	guint needed = 0;

	if (g_str_has_prefix(rule, "inside")) {
		if (!inside)
			return FALSE;
		rule += strlen("inside");
		rule += *rule == '+';
	}
	if (*rule)
		g_assert_true(rp_vector_parse(rule, &needed));
	return !(needed & ~vector);
}

static gboolean
lines_take(const RpProposal *proposal, guint place, guint vector)
{
	for (guint i = 0; i < proposal->rules->len; i++)
		if (line_takes(proposal->rules->pdata[i], proposed_inside(proposal, place), vector))
			return TRUE;
	return FALSE;
}

/* A server that has changed since, or is not monotone, may be told wrong where a single domain
 * was taken since it refused others: that may be final delivery. */
static void
count_wrong(World *world, guint place, guint vector)
{
	g_autofree char *text = rp_vector_text(vector);
	guint seen = world->seen[place][vector];

	if (world->kind == CHANGED && !(seen & (seen - 1))) {
		world->counts.in_doubt++;
		return;
	}
	world->counts.wrong_lines++;
	if (world->kind != NOT_MONOTONE)
		g_test_message("seed %u: the lines are wrong of %s at %s", world->seed, text,
			place_names[place]);
}

static void
check_lines(World *world)
{
	const RpServerSet *set = rp_catalogue_set(world->c[0].catalogue, 0);
	g_autoptr(RpProposal) proposal = rp_learning_propose(world->observations, set);

	for (guint place = 0; place < N_PLACES; place++)
		for (guint vector = 0; vector < RP_N_VECTORS; vector++) {
			if (!world->seen[place][vector])
				continue;
			world->counts.lines++;
			if (lines_take(proposal, place, vector) !=
				server_takes(&world->server, place, vector))
				count_wrong(world, place, vector);
		}
}

/* ---- the best lines there are ---- */

/* Every set of vectors that has with each all larger ones. */
static const guint16 *
all_sets(guint *n)
{
	static guint16 sets[168];
	static guint n_sets;

	for (guint vectors = 0; n_sets < G_N_ELEMENTS(sets); vectors++) {
		gboolean monotone = TRUE;

		for (guint vector = 0; vector < RP_N_VECTORS; vector++)
			for (guint bit = 1; bit < RP_N_VECTORS; bit <<= 1)
				monotone &=
					!(vectors >> vector & 1) || (vectors >> (vector | bit) & 1);
		if (monotone)
			sets[n_sets++] = (guint16)vectors;
	}
	*n = n_sets;
	return sets;
}

static guint
wrong_of_set(const World *world, guint place, guint16 vectors)
{
	guint wrong = 0;

	for (guint vector = 0; vector < RP_N_VECTORS; vector++)
		wrong += world->seen[place][vector] &&
			 (vectors >> vector & 1) != server_takes(&world->server, place, vector);
	return wrong;
}

/* What is taken anywhere and what inside, and what is inside: how wrong the best of all is. */
static void
count_at_best(World *world)
{
	guint wrong[168][N_PLACES], best = G_MAXUINT, n;
	const guint16 *sets = all_sets(&n);

	for (guint i = 0; i < n; i++)
		for (guint place = 0; place < N_PLACES; place++)
			wrong[i][place] = wrong_of_set(world, place, sets[i]);
	for (guint i = 0; i < n; i++)
		for (guint k = 0; k < n; k++) {
			guint sum = 0;

			for (guint place = 0; place < N_PLACES; place++)
				sum += MIN(wrong[i][place], wrong[k][place]);
			if (!(sets[i] & ~sets[k]))
				best = MIN(best, sum);
		}
	world->counts.at_best += best;
}

/* ---- all of them ---- */

static void
add(Counts *sum, const Counts *one)
{
	guint *to = (guint *)sum;
	const guint *from = (const guint *)one;
	guint most = MAX(sum->most_first, one->most_first);

	for (guint i = 0; i < sizeof *sum / sizeof *to; i++)
		to[i] += from[i];
	sum->most_first = most;
}

static void
tell_rules(const World *world)
{
	for (guint i = 0; i < world->server.n_rules; i++) {
		const Alternative *rule = &world->server.rules[i];
		g_autofree char *text = rp_vector_text(rule->vector);

		g_test_message("rule: %s%s", rule->inside ? "inside+" : "", text);
	}
	for (guint i = 0; i < N_PLACES; i++)
		g_test_message(
			"%s is %s", place_names[i], world->server.inside[i] ? "inside" : "outside");
}

static void
tell_learned(const World *world)
{
	const RpServerSet *set = rp_catalogue_set(world->c[0].catalogue, 0);
	g_autoptr(RpProposal) proposal = rp_learning_propose(world->observations, set);
	g_auto(GStrv) lines = rp_proposal_lines(proposal, set);
	g_auto(GStrv) sentences = rp_learning_sentences(world->observations, "s", NULL);

	for (char **line = sentences; *line; line++)
		g_test_message("%s", *line);
	for (char **line = lines; *line; line++)
		g_test_message("%s", *line);
}

static void
run(guint32 seed, gboolean talks, Counts *sums)
{
	World world = {.talks = talks};

	random_world(&world, seed);
	if (talks)
		tell_rules(&world);
	live(&world);
	if (talks)
		tell_learned(&world);
	check_lines(&world);
	if (world.kind == NOT_MONOTONE)
		count_at_best(&world);
	add(&sums[world.kind], &world.counts);
	world_clear(&world);
}

static void
print_table(const Counts *sums)
{
	static const char *const kinds[N_KINDS] = {
		"steady", "delivers some itself", "changes", "not monotone"};

	g_test_message("%-21s %6s %7s %7s %7s %8s %8s %8s %8s %9s %9s %9s %8s %6s %8s %7s",
		"server", "worlds", "mails", "sent", "held", "refused", "of one,", "retries",
		"windows", "held", "final", "changed", "lines", "wrong", "of one", "at best");
	g_test_message("%-21s %6s %7s %7s %7s %8s %8s %8s %8s %9s %9s %9s %8s %6s %8s", "", "", "",
		"", "", "at first", "at most", "refused", "missed", "needless", "delivery",
		"till then", "seen", "", "domain");
	for (guint i = 0; i < N_KINDS; i++)
		g_test_message("%-21s %6u %7u %7u %7u %8u %8u %8u %8u %9u %9u %9u %8u %6u %8u %7u",
			kinds[i], sums[i].worlds, sums[i].mails, sums[i].sent, sums[i].held,
			sums[i].first, sums[i].most_first, sums[i].retried, sums[i].window,
			sums[i].needless + sums[i].contradictory, sums[i].local, sums[i].stale,
			sums[i].lines, sums[i].wrong_lines, sums[i].in_doubt, sums[i].at_best);
}

static void
check(const Counts *sums)
{
	/* Final delivery that is tried when a retry is due looks like an open server, once; a
	 * server that refuses more than it takes is known by that it is asked. */
	static const guint most_first[N_KINDS] = {2, 3, 4, 6};

	for (guint i = 0; i < N_KINDS; i++) {
		g_assert_cmpuint(sums[i].most_first, <=, most_first[i]);
		g_assert_cmpuint(sums[i].needless, ==, 0);
		if (i != NOT_MONOTONE)
			g_assert_cmpuint(sums[i].wrong_lines, ==, 0);
		g_assert_cmpuint(sums[i].in_doubt, <=, sums[i].lines / 100);
	}
	g_assert_cmpuint(sums[NOT_MONOTONE].wrong_lines, <=,
		sums[NOT_MONOTONE].at_best + sums[NOT_MONOTONE].lines / 100);
}

/* By what each has shown. */
static const guint32 once_wrong[] = {
	3502,     /* one vector refused seven times: that more is refused was not seen */
	49239,    /* eight times */
	11195,    /* five times, by domains that had been taken before */
	11419184, /* changed, and opened: what had been refused elsewhere forbade what is taken */
	11419245, /* changed, and closed: all domains were taken for final delivery */
	11419262, /* changed: five of fourteen wrong */
	14340,    /* changed, and opened: two domains were taken for final delivery */
	11420986, /* changed: two domains that are taken since, with another vector each */
};

static void
test_once_wrong(void)
{
	Counts sums[N_KINDS] = {{0}};

	for (guint i = 0; i < G_N_ELEMENTS(once_wrong); i++)
		run(once_wrong[i], FALSE, sums);
	print_table(sums);
	for (guint i = 0; i < N_KINDS; i++)
		sums[i].lines = MAX(sums[i].lines, 400); /* few: one may be wrong */
	check(sums);
}

static void
run_worlds(guint32 first, guint count)
{
	Counts sums[N_KINDS] = {{0}};

	g_test_message("seeds %u to %u", first, first + count - 1);
	for (guint i = 0; i < count; i++)
		run(first + i, FALSE, sums);
	print_table(sums);
	check(sums);
}

static void
test_worlds(void)
{
	const char *worlds = g_getenv("ROAMPOST_WORLDS");
	guint32 first = g_test_rand_int() & 0xffffffu;
	guint count = WORLDS;

	if (worlds && strchr(worlds, ':')) {
		first = (guint32)g_ascii_strtoull(worlds, NULL, 10);
		worlds = strchr(worlds, ':') + 1;
	}
	if (worlds)
		count = (guint)g_ascii_strtoull(worlds, NULL, 10);
	run_worlds(first, count);
}

int
main(int argc, char **argv)
{
	const char *one = g_getenv("ROAMPOST_WORLD");

	g_test_init(&argc, &argv, NULL);
	if (one) {
		/* the rules that only the server knows are said too */
		Counts sums[N_KINDS] = {{0}};

		run((guint32)g_ascii_strtoull(one, NULL, 10), TRUE, sums);
		print_table(sums);
		return 0;
	}
	g_test_add_func("/learning/once-wrong", test_once_wrong);
	g_test_add_func("/learning/worlds", test_worlds);
	return g_test_run();
}
