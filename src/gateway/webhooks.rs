//! Who is sent webhooks: each endpoint of each subscriber, with its secrets.

use std::sync::Arc;

use crate::auth::{Secret, resolve};
use crate::event::{Endpoint, EventType, Lane, Post, Subscriber, To, Webhook, WebhookSink};
use crate::plan::Plan;

/// A secret by its name.
type Named<'a> = &'a dyn Fn(&str) -> Option<Arc<str>>;

/// Every endpoint of every subscriber. The error has a sentence for each thing that is missing.
pub(super) fn lanes(plan: &Plan, secret: Named<'_>, post: &Arc<dyn Post>) -> Result<Vec<Lane>, Vec<String>> {
    let (mut lanes, mut wrong) = (Vec::new(), Vec::new());
    for event in plan.events.values() {
        for subscriber in &event.subscribers {
            let To::Webhook { webhook, .. } = &subscriber.to else { continue };
            let Some(webhook) = plan.webhooks.get(webhook) else { continue };
            for endpoint in &webhook.endpoints {
                let told = Told { plan, event, subscriber, webhook, endpoint };
                match told.lane(secret, post) {
                    Ok(lane) => lanes.push(lane),
                    Err(missing) => wrong.extend(missing),
                }
            }
        }
    }
    if wrong.is_empty() { Ok(lanes) } else { Err(wrong) }
}

/// One endpoint of one subscriber.
struct Told<'a> {
    plan: &'a Plan,
    event: &'a Arc<EventType>,
    subscriber: &'a Subscriber,
    webhook: &'a Arc<Webhook>,
    endpoint: &'a Endpoint,
}

impl Told<'_> {
    fn lane(&self, secret: Named<'_>, post: &Arc<dyn Post>) -> Result<Lane, Vec<String>> {
        let Told { plan, event, subscriber, webhook, endpoint } = self;
        let url = resolve(&endpoint.url, secret)?;
        let secrets = endpoint.secrets.iter().map(|text| resolve(text, secret));
        let secrets = secrets.collect::<Result<Vec<Secret>, _>>()?;
        let name = match &endpoint.account {
            Some(account) => format!("{}:{account}", subscriber.name).into(),
            None => Arc::clone(&subscriber.name),
        };
        Ok(Lane {
            name,
            event: Arc::clone(&event.name),
            account: endpoint.account.clone(),
            from_start: subscriber.from_start,
            owner: event.owner.clone().unwrap_or_else(|| "".into()),
            sink: Arc::new(WebhookSink {
                webhook: Arc::clone(webhook),
                account: endpoint.account.clone(),
                event: Arc::clone(event),
                subscriber: Subscriber::clone(subscriber),
                url,
                secrets,
                gateway: Arc::clone(&plan.settings.name),
                post: Arc::clone(post),
            }),
        })
    }
}
