/* After a change of the rules: the device sets of running jails. */
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "prison/api.h"
#include "prison/devnodes.h"
#include "prison/instance.h"
#include "prison/policy.h"
#include "prison/registry.h"

/* Marks the rulesets that living jails obey.  Returns how many jails there are. */
static int
find_rulesets(const struct instance *in, bool used[DEV_NUM_MAX + 1], struct err *e)
{
	cleanup_free int *jids = NULL;
	size_t n;
	int r, alive = 0;

	r = registry_jids(in, &jids, &n, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		cleanup_record struct record rec = {0};

		if (registry_load_alive(in, jids[i], &rec, NULL) < 0)
			continue;
		used[policy_ruleset(&rec)] = true;
		alive++;
	}
	return alive;
}

static int
put_devices(struct instance *in, unsigned ruleset, struct err *e)
{
	cleanup_free struct dev_node *nodes = NULL;
	cleanup_free struct bpf_dev_rule *rules = NULL;
	size_t nnodes, nrules;
	int r;

	r = devnodes_visible(in->state, ruleset, &nodes, &nnodes, e);
	if (r >= 0)
		r = devnodes_devices(nodes, nnodes, &rules, &nrules, e);
	if (r >= 0)
		r = bpf_devset_put(&in->bpf, ruleset, rules, nrules, e);
	return r;
}

int
gaol_devices_refresh(struct err *e)
{
	cleanup_free bool *used = calloc(DEV_NUM_MAX + 1, sizeof(*used));
	const struct instance *reading;
	struct instance *in;
	int r;

	if (used == NULL)
		return err_errno(e, ENOMEM, "devices");
	/* No instance, no jail: nothing obeys any rule yet, and nothing is made for it here. */
	r = instance_read(&reading, e);
	if (r == -ENOENT)
		return 0;
	if (r >= 0)
		r = find_rulesets(reading, used, e);
	if (r <= 0)
		return r;
	r = instance_write(&in, e);
	if (r >= 0)
		r = instance_bpf(in, e);
	for (unsigned num = 0; r >= 0 && num <= DEV_NUM_MAX; num++)
		if (used[num])
			r = put_devices(in, num, e);
	return r;
}
