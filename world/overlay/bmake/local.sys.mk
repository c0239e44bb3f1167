# Read last by bmake's sys.mk.  FreeBSD's make reads /etc/make.conf before any
# makefile; so does this one.
__MAKE_CONF?=	/etc/make.conf
.if exists(${__MAKE_CONF})
.include "${__MAKE_CONF}"
.endif
PORTSDIR?=	/usr/ports
