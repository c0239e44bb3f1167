#!/bin/sh
# In a jail /etc/rc decides what runs, by /etc/rc.conf: packages that are installed or
# upgraded start nothing by themselves (101: action forbidden by policy).
exit 101
