# A port says ".include <bsd.port.post.mk>"; the file itself belongs to the ports tree.
PORTSDIR?=	/usr/ports
.include "${PORTSDIR}/Mk/bsd.port.post.mk"
