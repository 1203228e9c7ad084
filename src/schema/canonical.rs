//! The canonical entities that ship inside the binary.

macro_rules! canonical {
    ($($name:literal),* $(,)?) => {
        /// Each with its name and its text, sorted by name.
        pub const ALL: &[(&str, &str)] = &[$((
            concat!("canonical/", $name),
            include_str!(concat!("../../specs/canonical/", $name, ".json")),
        )),*];
    };
}

canonical! {
    "booking-record@1",
    "booking@1",
    "capacity-hold@1",
    "common@1",
    "customer-account-record@1",
    "customer-account@1",
    "delivery-event-record@1",
    "delivery-event@1",
    "dispatch-job-record@1",
    "dispatch-job@1",
    "exception-case-record@1",
    "exception-case@1",
    "invoice-trigger-record@1",
    "invoice-trigger@1",
    "order-record@1",
    "order@1",
    "proof-of-delivery-record@1",
    "proof-of-delivery@1",
    "rate-quote@1",
    "service-check@1",
    "shipment-record@1",
    "shipment@1",
}
