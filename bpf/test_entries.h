// SPDX-License-Identifier: (Apache-2.0 OR GPL-2.0-only)
/*
 * Entries for BPF_PROG_TEST_RUN, in the test object only. They run the same functions as the real entries and hand the
 * decision back in fields of the context that test-run returns: verdict, what and action in cb[0], the VTEP in cb[1..4] (of a drop the policies' reason in cb[1]), the
 * device in priority, the network in mark, but for the host's packets, whose mark is left as it was set. The host's own have 1 in cb[0].
 */
#ifndef NP_TEST_ENTRIES_H
#define NP_TEST_ENTRIES_H

/* Enumerations that no map mentions, for the test that compares them with the daemon's. */
enum np_reason np_test_reason;
enum np_event np_test_event;
enum np_slot np_test_slot;
enum np_mark np_test_mark;
enum np_action np_test_action;
enum np_policy_kind np_test_policy_kind;
enum np_shown np_test_shown;
enum np_observe np_test_observe;

/* No action at all: the test that sees it fails. */
#define NP_TEST_FAILED 99

static __always_inline int np_test_report(struct __sk_buff *skb, const struct np_decision *d, int action)
{
	skb->cb[0] = d->verdict | d->what << 8 | (action & 0xff) << 16;
	skb->cb[1] = d->verdict == NP_VERDICT_DROP ? d->policy : d->vtep.words[0];
	skb->cb[2] = d->vtep.words[1];
	skb->cb[3] = d->vtep.words[2];
	skb->cb[4] = d->vtep.words[3];
	skb->priority = d->ifindex;
	/* To the host the mark itself says what network the packet is of. */
	if (d->verdict != NP_VERDICT_HOST)
		skb->mark = d->network;
	return action;
}

/* A packet that left without the VXLAN device has grown; then the device and, in the VTEP's place, the neighbour are reported. */
static __always_inline void np_test_sent(const struct __sk_buff *skb, __u32 len, struct np_decision *d)
{
	if (d->verdict == NP_VERDICT_TUNNEL && skb->len != len) {
		d->ifindex = d->hop_ifindex;
		d->vtep = np_addr_v4(d->next_hop);
	}
}

SEC("tc")
int np_test_from_pod(struct __sk_buff *skb)
{
	struct np_decision *d = np_decision_begin();
	__u32 len = skb->len;
	int action;

	if (!d)
		return NP_TEST_FAILED;
	action = np_run_from_pod(skb, d);
	np_test_sent(skb, len, d);
	return np_test_report(skb, d, action);
}

/* Test-run has no tunnel metadata: the VNI comes in cb[0] and the outer source in cb[1..4]. */
SEC("tc")
int np_test_from_overlay(struct __sk_buff *skb)
{
	struct np_addr vtep = { .words = { skb->cb[1], skb->cb[2], skb->cb[3], skb->cb[4] } };
	struct np_decision *d = np_decision_begin();

	return d ? np_test_report(skb, d, np_run_from_overlay(skb, skb->cb[0], &vtep, d)) : NP_TEST_FAILED;
}

SEC("tc")
int np_test_from_host(struct __sk_buff *skb)
{
	struct np_decision *d = np_decision_begin();
	__u32 len = skb->len;
	int action;

	if (!d)
		return NP_TEST_FAILED;
	action = np_run_from_host(skb, skb->cb[0], d);
	np_test_sent(skb, len, d);
	return np_test_report(skb, d, action);
}

SEC("tc")
int np_test_from_underlay(struct __sk_buff *skb)
{
	struct np_decision *d = np_decision_begin();

	return d ? np_test_report(skb, d, np_run_from_underlay(skb, d)) : NP_TEST_FAILED;
}

#endif
