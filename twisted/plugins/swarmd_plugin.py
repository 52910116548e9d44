"""Makes ``twistd swarmd`` known; imports nothing else, so that other twistd commands stay fast."""

from twisted.application.service import ServiceMaker

swarmd = ServiceMaker(
    "swarmd", "swarmd.service", "One Docker API in front of a fleet of Docker hosts.", "swarmd"
)
