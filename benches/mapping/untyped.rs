//! The order by hand, over `serde_json::Value`.

use std::collections::HashMap;

use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Map, Value, json};

pub type Table = HashMap<String, String>;

pub fn order(booking: &Value, units: &Table) -> Value {
    let mut order = Map::new();
    let level = match booking["serviceLevel"].as_str() {
        Some("express" | "same_day" | "white_glove") => "ZX01",
        Some("economy") => "ZE01",
        _ => "ZS01",
    };
    order.insert("orderType".into(), level.into());
    order.insert("soldTo".into(), booking["accountRef"].clone());
    let reference = booking["reference"].as_str().unwrap_or_default();
    order.insert("yourReference".into(), reference.trim().to_uppercase().into());
    put(&mut order, "poNumber", left(&booking["poNumber"], 35));
    put(&mut order, "projectRef", left(&booking["customerReference"], 35));
    order.insert("incoterm".into(), booking["incoterm"].as_str().unwrap_or("DAP").into());
    put(&mut order, "requestedDelivery", text(&booking["delivery"]["window"]["end"]));
    put(&mut order, "timeZone", text(&booking["delivery"]["window"]["timeZone"]));
    order.insert("shipFrom".into(), place(&booking["pickup"]["location"], &booking["shipper"]));
    order.insert("shipTo".into(), place(&booking["delivery"]["location"], &booking["consignee"]));
    order.insert("lines".into(), lines(booking, units));
    let none = Vec::new();
    let charges = booking["charges"].as_array().unwrap_or(&none);
    order.insert("conditions".into(), charges.iter().map(condition).collect());
    let packages = booking["packages"].as_array().unwrap_or(&none);
    let pieces: i64 = packages.iter().filter_map(|package| package["count"].as_i64()).sum();
    order.insert("pieces".into(), pieces.into());
    let total: Decimal = charges.iter().map(amount).sum();
    order.insert("netTotal".into(), rounded(total).into());
    put(&mut order, "notes", text(&booking["delivery"]["notes"]));
    Value::Object(order)
}

fn put(order: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    if let Some(value) = value {
        order.insert(name.into(), value);
    }
}

fn text(value: &Value) -> Option<Value> {
    value.as_str().map(Value::from)
}

fn left(value: &Value, count: usize) -> Option<Value> {
    let text = value.as_str()?;
    let end = text.char_indices().nth(count).map_or(text.len(), |(end, _)| end);
    Some(text[..end].into())
}

fn place(location: &Value, party: &Value) -> Value {
    let mut place = Map::new();
    let named = if location["name"].is_null() { &party["name"] } else { &location["name"] };
    put(&mut place, "name", left(named, 40));
    let address = &location["address"];
    put(&mut place, "street", left(&address["line1"], 60));
    put(&mut place, "city", left(&address["city"], 40));
    put(&mut place, "postCode", text(&address["postalCode"]));
    put(&mut place, "country", text(&address["country"]));
    Value::Object(place)
}

fn lines(booking: &Value, units: &Table) -> Value {
    let mut lines = Vec::new();
    for package in booking["packages"].as_array().into_iter().flatten() {
        let count = package["count"].as_i64().unwrap_or_default();
        if count <= 0 {
            continue;
        }
        let mut line = Map::new();
        line.insert("lineNo".into(), ((lines.len() as i64 + 1) * 10).into());
        line.insert("material".into(), left(&package["sku"], 40).unwrap_or_else(|| "FREIGHT".into()));
        put(&mut line, "text", left(&package["description"], 40));
        line.insert("quantity".into(), count.into());
        let unit = package["type"].as_str().and_then(|kind| units.get(kind)).expect("a unit");
        line.insert("unit".into(), unit.as_str().into());
        lines.push(Value::Object(line));
    }
    Value::Array(lines)
}

fn condition(charge: &Value) -> Value {
    json!({ "type": charge["code"], "amount": rounded(amount(charge)), "currency": charge["currency"] })
}

fn amount(charge: &Value) -> Decimal {
    charge["amount"].as_str().and_then(|amount| amount.parse().ok()).expect("an amount")
}

pub fn rounded(amount: Decimal) -> String {
    let mut amount = amount.round_dp_with_strategy(2, RoundingStrategy::MidpointNearestEven);
    amount.rescale(2);
    amount.to_string()
}
