#include "prison/remark.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "bpf/bpf.h"
#include "prison/param.h"
#include "prison/policy.h"
#include "prison/settings.h"

static const char *
userns_name(const struct record *rec)
{
	return settings_text(rec, "gaol.userns");
}

/* Accepted, so that a file can be written for the version that has them, and never in silence. */
static void
remark_later(struct gaol_op *op)
{
	static const char *const later[] = {"allow.mount", "gaol.limits"};

	for (size_t i = 0; i < ARRAY_SIZE(later); i++) {
		const char *value = record_get(&op->rec, later[i]);
		const struct param *p = param_exact(later[i]);

		if (value != NULL && p != NULL && p->def != NULL && strcmp(value, p->def) != 0)
			op_warn(op, "%s=%s is not in force in this version", later[i], value);
	}
}

void
remark_parameters(struct gaol_op *op)
{
	const struct gaol_create_spec *spec = op->create;

	for (size_t i = 0; i < spec->nparams; i++) {
		const struct param *p = param_find(spec->params[i].name, NULL, NULL);

		if (p != NULL && (p->flags & PARAM_NOEFFECT) != 0)
			op_note(op, "%s has no effect on Linux", p->name);
	}
	remark_later(op);
}

void
remark_permissions(struct gaol_op *op)
{
	uint64_t allow, lost;

	if (policy_allow(op->in, &op->rec, &allow, NULL) < 0)
		return;
	lost = cred_ineffective(policy_cred_userns(&op->rec), allow);
	for (unsigned i = 0; i < 64; i++) {
		uint64_t bit = UINT64_C(1) << i;
		const char *name = (lost & bit) != 0 ? cred_allow_name(bit) : NULL;

		/* What is true by default and was not asked for is not worth a word each time. */
		if (name == NULL || record_get(&op->rec, name) == NULL)
			continue;
		op_warn(op, "%s cannot hold with gaol.userns=%s", name, userns_name(&op->rec));
	}
}

void
remark_kernel(struct gaol_op *op)
{
	if (!bpf_unix_is_closed(op->in->cgroup))
		op_note(op,
		    "this kernel takes no eBPF programs for its security hooks: local sockets in "
		    "the abstract namespace are shared by the host and all jails without vnet");
}

void
remark_path(struct gaol_op *op, const char *real_path)
{
	cleanup_free char *copy = strdup(real_path);
	struct stat st;
	char *slash;

	if (copy == NULL)
		return;
	/* One directory on the way that others cannot enter is enough. */
	for (;;) {
		if (stat(*copy != '\0' ? copy : "/", &st) < 0 || (st.st_mode & S_IXOTH) == 0)
			return;
		slash = strrchr(copy, '/');
		if (slash == NULL)
			break;
		*slash = '\0';
	}
	op_note(op,
	    "path %s can be searched by other users of the host, who could run a setuid program "
	    "made inside: chmod 0700 it, or a directory above it",
	    real_path);
}
