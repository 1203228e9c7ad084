//! The order by hand, with typed structs that borrow what they can.

use std::borrow::Cow;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::untyped::{Table, rounded};

type Text<'b> = Option<Cow<'b, str>>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Booking<'b> {
    #[serde(borrow)]
    reference: Cow<'b, str>,
    #[serde(borrow)]
    account_ref: Cow<'b, str>,
    #[serde(borrow)]
    customer_reference: Text<'b>,
    #[serde(borrow)]
    po_number: Text<'b>,
    #[serde(borrow)]
    service_level: Text<'b>,
    #[serde(borrow)]
    incoterm: Text<'b>,
    #[serde(borrow)]
    shipper: Party<'b>,
    #[serde(borrow)]
    consignee: Party<'b>,
    #[serde(borrow)]
    pickup: Stop<'b>,
    #[serde(borrow)]
    delivery: Stop<'b>,
    #[serde(borrow)]
    packages: Vec<Package<'b>>,
    #[serde(borrow, default)]
    charges: Vec<Charge<'b>>,
}

#[derive(Deserialize)]
struct Party<'b> {
    #[serde(borrow)]
    name: Text<'b>,
}

#[derive(Deserialize)]
struct Stop<'b> {
    #[serde(borrow)]
    location: Location<'b>,
    #[serde(borrow)]
    window: Window<'b>,
    #[serde(borrow)]
    notes: Text<'b>,
}

#[derive(Deserialize)]
struct Location<'b> {
    #[serde(borrow)]
    name: Text<'b>,
    #[serde(borrow)]
    address: Address<'b>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Address<'b> {
    #[serde(borrow)]
    line1: Text<'b>,
    #[serde(borrow)]
    city: Text<'b>,
    #[serde(borrow)]
    postal_code: Text<'b>,
    #[serde(borrow)]
    country: Text<'b>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Window<'b> {
    #[serde(borrow)]
    end: Text<'b>,
    #[serde(borrow)]
    time_zone: Text<'b>,
}

#[derive(Deserialize)]
struct Package<'b> {
    count: i64,
    #[serde(borrow, rename = "type")]
    kind: Cow<'b, str>,
    #[serde(borrow)]
    sku: Text<'b>,
    #[serde(borrow)]
    description: Text<'b>,
}

#[derive(Deserialize)]
struct Charge<'b> {
    #[serde(borrow)]
    code: Cow<'b, str>,
    #[serde(borrow)]
    amount: Cow<'b, str>,
    #[serde(borrow)]
    currency: Cow<'b, str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Order<'b> {
    order_type: &'static str,
    sold_to: &'b str,
    your_reference: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    po_number: Option<&'b str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    project_ref: Option<&'b str>,
    incoterm: &'b str,
    #[serde(skip_serializing_if = "Option::is_none")]
    requested_delivery: Option<&'b str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_zone: Option<&'b str>,
    ship_from: Place<'b>,
    ship_to: Place<'b>,
    lines: Vec<Line<'b>>,
    conditions: Vec<Condition<'b>>,
    pieces: i64,
    net_total: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    notes: Option<&'b str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Place<'b> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'b str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    street: Option<&'b str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    city: Option<&'b str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    post_code: Option<&'b str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<&'b str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'b> {
    line_no: usize,
    material: &'b str,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'b str>,
    quantity: i64,
    unit: &'b str,
}

#[derive(Serialize)]
struct Condition<'b> {
    #[serde(rename = "type")]
    kind: &'b str,
    amount: String,
    currency: &'b str,
}

pub fn order<'b>(booking: &'b Booking<'b>, units: &'b Table) -> Order<'b> {
    Order {
        order_type: match booking.service_level.as_deref() {
            Some("express" | "same_day" | "white_glove") => "ZX01",
            Some("economy") => "ZE01",
            _ => "ZS01",
        },
        sold_to: &booking.account_ref,
        your_reference: booking.reference.trim().to_uppercase(),
        po_number: left(&booking.po_number, 35),
        project_ref: left(&booking.customer_reference, 35),
        incoterm: booking.incoterm.as_deref().unwrap_or("DAP"),
        requested_delivery: booking.delivery.window.end.as_deref(),
        time_zone: booking.delivery.window.time_zone.as_deref(),
        ship_from: place(&booking.pickup.location, &booking.shipper),
        ship_to: place(&booking.delivery.location, &booking.consignee),
        lines: lines(booking, units),
        conditions: booking.charges.iter().map(condition).collect(),
        pieces: booking.packages.iter().map(|package| package.count).sum(),
        net_total: rounded(booking.charges.iter().map(amount).sum()),
        notes: booking.delivery.notes.as_deref(),
    }
}

fn left<'b>(text: &'b Text<'b>, count: usize) -> Option<&'b str> {
    let text = text.as_deref()?;
    let end = text.char_indices().nth(count).map_or(text.len(), |(end, _)| end);
    Some(&text[..end])
}

fn place<'b>(location: &'b Location<'b>, party: &'b Party<'b>) -> Place<'b> {
    let name = if location.name.is_some() { &location.name } else { &party.name };
    Place {
        name: left(name, 40),
        street: left(&location.address.line1, 60),
        city: left(&location.address.city, 40),
        post_code: location.address.postal_code.as_deref(),
        country: location.address.country.as_deref(),
    }
}

fn lines<'b>(booking: &'b Booking<'b>, units: &'b Table) -> Vec<Line<'b>> {
    let kept = booking.packages.iter().filter(|package| package.count > 0).enumerate();
    kept.map(|(at, package)| Line {
        line_no: (at + 1) * 10,
        material: left(&package.sku, 40).unwrap_or("FREIGHT"),
        text: left(&package.description, 40),
        quantity: package.count,
        unit: units.get(&*package.kind).expect("a unit"),
    })
    .collect()
}

fn condition<'b>(charge: &'b Charge<'b>) -> Condition<'b> {
    Condition { kind: &charge.code, amount: rounded(amount(charge)), currency: &charge.currency }
}

fn amount(charge: &Charge<'_>) -> Decimal {
    charge.amount.parse().expect("an amount")
}
