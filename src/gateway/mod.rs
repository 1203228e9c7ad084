//! Serves the plan: router, exchange, limits, problems, reload, drain, admin.
