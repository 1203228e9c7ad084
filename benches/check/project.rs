//! A project of any size that has no findings: vendors with their schemas and mappings, flows over
//! canonical entities that call them, routes that run the flows.

use std::fs;
use std::path::Path;

/// Flows, mappings and operations of one vendor.
const OF_ONE_VENDOR: usize = 20;

/// Writes a project of `size` flows and as many mappings into `dir`.
pub fn write(dir: &Path, size: usize) {
    let put = |path: String, text: String| {
        let path = dir.join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    };
    put("gateway.yaml".to_owned(), GATEWAY.to_owned());
    put("exceptions.yaml".to_owned(), EXCEPTIONS.to_owned());
    put("tables/uom.csv".to_owned(), "code!,vendor\nPX,PAL\nCT,CTN\n".to_owned());
    for vendor in 0..size.div_ceil(OF_ONE_VENDOR) {
        let numbers = vendor * OF_ONE_VENDOR..((vendor + 1) * OF_ONE_VENDOR).min(size);
        put(format!("specs/vendor{vendor}/order@1.json"), SCHEMA.replace("NAME", &format!("vendor{vendor}")));
        let operations = numbers.clone().map(|number| filled(OPERATION, vendor, number));
        let head = filled(SYSTEM, vendor, vendor);
        put(format!("systems/vendor{vendor}.yaml"), head + &operations.collect::<String>());
        let routes = numbers.clone().map(|number| filled(ROUTE, vendor, number));
        let head = filled(API, vendor, vendor);
        put(format!("routes/vendor{vendor}.yaml"), head + &routes.collect::<String>());
        for number in numbers {
            put(format!("flows/book_{number}.yaml"), filled(FLOW, vendor, number));
            put(format!("mappings/order_{number}.mapping"), filled(MAPPING, vendor, number));
        }
    }
}

fn filled(template: &str, vendor: usize, number: usize) -> String {
    template.replace("VENDOR", &vendor.to_string()).replace("NUMBER", &number.to_string())
}

const GATEWAY: &str = r#"edition: 2026
gateway: large
auth:
  portal: { scheme: api_key }
clients:
  acme:
    account: ACME
    scopes: [ "bookings:write" ]
    keys: [ "sha256:0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f" ]
"#;

const EXCEPTIONS: &str = r#"rejections:
  not_your_account:
    status: 403
    customer: { en: "This account is not yours to book for." }
  not_served:
    customer: { en: "We cannot offer this service here." }
"#;

const SYSTEM: &str = r#"system: vendorVENDOR
owner: integration_team
runbook: https://wiki.example/vendorVENDOR
url: ${CARRIER_URL:-http://127.0.0.1:9101}
timeout: 1s
outcome:
  rejected: status == 422 or body.error.kind == "UserError"
  transient: status == 503
operations:
"#;

const OPERATION: &str = r#"  price_NUMBER:
    takes: { booking: canonical/booking@1 }
    gives: canonical/order@1
    post: /orders/NUMBER
    request: { map: order_NUMBER, schema: vendorVENDOR/order@1 }
    response: { schema: canonical/order@1 }
    effect: read
"#;

const API: &str = r#"api: vendorVENDOR
layer: experience
owner: integration_team
version: 1
status: active
auth: portal
routes:
"#;

const ROUTE: &str = r#"  - post: /v1/bookings/NUMBER
    scope: bookings:write
    limit: { per: client, rate: 20/s, burst: 40 }
    body: canonical/booking@1
    run: book_NUMBER
    answer: { within: 20s }
"#;

const FLOW: &str = r#"# Asks what the booking costs, and refuses what cannot be served.
flow: book_NUMBER
owner: integration_team
input: canonical/booking@1 as booking
gives: canonical/order@1
do:
  - own_account:
      require: booking.accountRef == client.account
      else: { reject: not_your_account, pointer: /accountRef }
  - served:
      require: booking.serviceLevel in ["standard", "express", "same_day"]
      else: { reject: not_served }
  - prices:
      fork:
        one: { call: vendorVENDOR.price_NUMBER }
        other: { call: vendorVENDOR.price_NUMBER }
  - dearer:
      switch:
        - when: prices.one.total > prices.other.total
          do:
            - again: { call: vendorVENDOR.price_NUMBER }
output: =prices.one
"#;

const MAPPING: &str = r#"map order_NUMBER
from canonical/booking@1 as booking
to   vendorVENDOR/order@1
using tables uom

let pickup = booking.pickup.location.address

orderNo:   upper(trim(booking.reference))
orderType: match booking.serviceLevel {
  "express" | "same_day" | "white_glove": "ZX01"
  else: "ZS01"
}
soldTo:    booking.accountRef
poNumber:  left(booking.poNumber, 35)
country:   pickup.country ?? reject("not_served", "the pickup has no country")
lines: each booking.packages as it at n where it.count > 0 {
  lineNo:   n * 10
  material: left(it.sku, 40) ?? "FREIGHT"
  quantity: it.count
  unit:     lookup(uom, it.type).vendor ?? reject("not_served", "package {it.type}")
}
total: round(sum((booking.charges ?? [])[].amount), 2, half_even)
"#;

const SCHEMA: &str = r##"{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "An order as NAME takes it",
  "type": "object",
  "properties": {
    "orderNo": { "type": "string", "minLength": 1 },
    "orderType": { "enum": ["ZX01", "ZS01"] },
    "soldTo": { "type": "string" },
    "poNumber": { "type": "string", "maxLength": 35 },
    "country": { "type": "string" },
    "lines": { "type": "array", "items": { "$ref": "#/$defs/line" } },
    "total": { "type": "number" }
  },
  "required": ["orderNo", "orderType", "soldTo", "country", "lines", "total"],
  "additionalProperties": false,
  "$defs": {
    "line": {
      "type": "object",
      "properties": {
        "lineNo": { "type": "integer" },
        "material": { "type": "string", "maxLength": 40 },
        "quantity": { "type": "number" },
        "unit": { "type": "string" }
      },
      "required": ["lineNo", "material", "quantity", "unit"],
      "additionalProperties": false
    }
  }
}
"##;
