//! Every door a client uses: metrics page, health, gauges.
