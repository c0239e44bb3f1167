#include "jail/form.h"

#include <string.h>

static bool
any_assignment(const struct form_question *q)
{
	for (int i = 0; i < q->argc; i++)
		if (strchr(q->argv[i], '=') != NULL)
			return true;
	return false;
}

static enum form
only_if(bool condition, enum form form)
{
	return condition ? form : FORM_USAGE;
}

enum form
form_decide(const struct form_question *q)
{
	if (q->exhibit)
		return only_if(
		    q->op == 0 && !q->cleanup && !q->command_line && q->argc == 0, FORM_EXHIBIT);
	if (q->op == 0)
		return only_if(
		    !q->cleanup && q->argc >= 4 && q->argv[0][0] == '/', FORM_POSITIONAL);
	if (q->op == OP_STOP)
		return only_if(
		    q->argc > 0 && !q->command_line && (q->ignore_conf || !any_assignment(q)),
		    FORM_REMOVE);
	if (q->argc > 1 || (q->argc == 1 && any_assignment(q)))
		return only_if(!q->ignore_conf && !q->cleanup, FORM_PARAMS);
	return only_if(!q->ignore_conf && !q->command_line, FORM_CONFIG);
}
