# SPDX-License-Identifier: Apache-2.0
"""The pages of the notification log: what was received, and the runbooks."""
