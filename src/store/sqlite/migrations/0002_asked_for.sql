-- What is asked for by account, flow and key is found without looking at the rest.
CREATE INDEX instance_account ON instance (account, id);
CREATE INDEX instance_flow ON instance (flow, id);
CREATE INDEX event_key ON event (key, number);
CREATE INDEX cases_closed ON cases (closed_at, number) WHERE state >= 3 AND instance IS NULL;
