// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
// The least a datapath made of tc programs can do for two pods of one node: what any such datapath costs above a bare veth pair.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char floor_license[] SEC("license") = "Dual MIT/GPL";

// The two host ends have the indexes 2n and 2n + 1: what one pod sends belongs into the other. Wants Linux 6.15: before it, bpf_skb_change_type too.
SEC("tc")
int floor_from_pod(struct __sk_buff *skb)
{
	return (int)bpf_redirect_peer(skb->ifindex ^ 1, 0);
}
