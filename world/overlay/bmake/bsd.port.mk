# A port says ".include <bsd.port.mk>"; the file itself belongs to the ports tree.
PORTSDIR?=	/usr/ports
.include "${PORTSDIR}/Mk/bsd.port.mk"
