# SPDX-License-Identifier: Apache-2.0
"""Every form in which rules, alerts and dashboards are delivered."""
