# A port says ".include <bsd.port.options.mk>"; the file itself belongs to the ports tree.
PORTSDIR?=	/usr/ports
.include "${PORTSDIR}/Mk/bsd.port.options.mk"
