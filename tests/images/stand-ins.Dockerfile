# SPDX-License-Identifier: Apache-2.0
# What the compose file takes from others, for machines that cannot pull: Debian's packages
# under the official names, with the official entry points, users and folders.
FROM docker.io/library/debian:12 AS base
RUN apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    prometheus prometheus-alertmanager haproxy python3 python-is-python3 \
    && ln -s prometheus-alertmanager /usr/bin/alertmanager && ln -s /usr/sbin/haproxy /usr/local/bin/haproxy

FROM base AS prometheus
RUN install -d -o nobody -g nogroup /prometheus
USER nobody
WORKDIR /prometheus
ENTRYPOINT ["/bin/prometheus"]

FROM base AS alertmanager
RUN install -d -o nobody -g nogroup /alertmanager
USER nobody
WORKDIR /alertmanager
ENTRYPOINT ["/bin/alertmanager"]

FROM base AS haproxy
USER haproxy
STOPSIGNAL SIGUSR1
CMD ["haproxy", "-f", "/usr/local/etc/haproxy/haproxy.cfg"]

FROM base AS python
CMD ["python3"]
