//! HTTP in and out: routes, the request pipeline, one rescue point for errors.
