import type { Migration } from '@selfsame/database/migrate';

export const historyMigrations: Migration[] = [
  {
    name: 'history-0001-visits',
    up: `
      -- Everything that names somebody or something is an HMAC under SIGNALS_KEY (16 bytes): device, subject, network, ...
      -- No key, cookie, address or vendor_data lies here as it came, but what visits.raw holds until raw_until.

      -- Devices of the whole deployment. The id is made of the key that was proved, or of the traits of a browser that
      -- proved none. What an application may know of one goes by its own visits.
      CREATE TABLE devices (
        id            bytea PRIMARY KEY,
        is_proved     boolean NOT NULL,
        first_seen_at timestamptz NOT NULL,
        last_seen_at  timestamptz NOT NULL
      );
      CREATE INDEX devices_age ON devices (last_seen_at);

      -- Which device showed a cookie first: with another key, or none, the cookie is a copy.
      CREATE TABLE device_cookies (
        cookie bytea PRIMARY KEY,
        device bytea NOT NULL REFERENCES devices ON DELETE CASCADE
      );
      CREATE INDEX device_cookies_device ON device_cookies (device);

      -- One row a session, as it was last seen.
      CREATE TABLE visits (
        application_id  uuid NOT NULL,
        session_id      uuid NOT NULL,
        -- 0: only heard of; 1: created; 2: opened; 3: looked at
        phase           smallint NOT NULL,
        subject         bytea,
        device          bytea,
        -- the device's name within the application
        device_name     bytea,
        is_proved       boolean NOT NULL DEFAULT false,
        -- address: all of IPv4, /64 of IPv6
        network         bytea,
        -- /24 and /48
        prefix          bytea,
        asn             bigint,
        country         text,
        -- a tenth of a degree
        latitude        real,
        longitude       real,
        radius_km       real,
        is_vpn_or_tor   boolean,
        is_data_center  boolean,
        ja4             bytea,
        fingerprint     bytea,
        hardware        bytea,
        -- four bytes for each trait, in the order of device-traits.ts; zeros: not told
        traits          bytea,
        camera          bytea,
        brand           text NOT NULL DEFAULT '',
        model           text NOT NULL DEFAULT '',
        browser_family  text NOT NULL DEFAULT '',
        browser_major   integer,
        os_family       text NOT NULL DEFAULT '',
        os_version      text NOT NULL DEFAULT '',
        platform        text NOT NULL DEFAULT '',
        local_hour      smallint,
        -- 0..100, of the latest look
        similarity      real,
        status          text NOT NULL DEFAULT '',
        status_sequence bigint NOT NULL DEFAULT 0,
        -- approved after a look, which is more than approved by hand or without one
        is_approved     boolean NOT NULL DEFAULT false,
        enrols          boolean NOT NULL DEFAULT false,
        -- how the person was looked at
        method          text,
        decided_at      timestamptz,
        -- first opened; created until then
        came_at         timestamptz NOT NULL,
        seen_at         timestamptz NOT NULL,
        -- address and place by name, as matches show them: {ip_address, country, state, city}
        raw             jsonb,
        raw_until       timestamptz,
        -- a session that was deleted: nothing is left, and nothing comes back
        erased_at       timestamptz,
        PRIMARY KEY (application_id, session_id)
      );
      CREATE INDEX visits_subject ON visits (application_id, subject, came_at DESC) WHERE subject IS NOT NULL;
      CREATE INDEX visits_device ON visits (device, application_id, came_at DESC) WHERE device IS NOT NULL;
      CREATE INDEX visits_network ON visits (application_id, network, came_at DESC) WHERE network IS NOT NULL;
      CREATE INDEX visits_prefix ON visits (application_id, prefix, came_at DESC) WHERE prefix IS NOT NULL;
      CREATE INDEX visits_asn ON visits (application_id, asn, came_at DESC) WHERE asn IS NOT NULL;
      CREATE INDEX visits_ja4 ON visits (application_id, ja4, came_at DESC) WHERE ja4 IS NOT NULL;
      CREATE INDEX visits_fingerprint ON visits (application_id, fingerprint, came_at DESC)
        WHERE fingerprint IS NOT NULL;
      CREATE INDEX visits_age ON visits (came_at);
      CREATE INDEX visits_raw ON visits (raw_until) WHERE raw IS NOT NULL;

      -- What was on record of each look when it was judged: an approval teaches this and nothing else.
      CREATE TABLE visit_looks (
        application_id      uuid NOT NULL,
        session_id          uuid NOT NULL,
        attempt_id          text NOT NULL,
        subject             bytea,
        -- null: the browser proved no key with this look
        device              bytea,
        device_name         bytea,
        network             bytea,
        -- as the application named them itself
        application_device  bytea,
        application_network bytea,
        liveness_failed     boolean,
        looked_at           timestamptz NOT NULL,
        PRIMARY KEY (application_id, session_id, attempt_id),
        FOREIGN KEY (application_id, session_id) REFERENCES visits ON DELETE CASCADE
      );
      CREATE INDEX visit_looks_subject ON visit_looks (application_id, subject, looked_at DESC) WHERE subject IS NOT NULL;

      -- A subject's devices and networks: it passed a look there that was approved. The session is the one that taught it last.
      CREATE TABLE known_devices (
        application_id    uuid NOT NULL,
        subject           bytea NOT NULL,
        device_name       bytea NOT NULL,
        device            bytea,
        source            text NOT NULL CHECK (source IN ('browser', 'application')),
        session_id        uuid,
        first_approved_at timestamptz NOT NULL,
        last_approved_at  timestamptz NOT NULL,
        PRIMARY KEY (application_id, subject, device_name)
      );
      CREATE INDEX known_devices_device ON known_devices (device) WHERE device IS NOT NULL;
      CREATE INDEX known_devices_session ON known_devices (application_id, session_id);
      CREATE INDEX known_devices_age ON known_devices (last_approved_at);

      CREATE TABLE known_networks (
        application_id    uuid NOT NULL,
        subject           bytea NOT NULL,
        network           bytea NOT NULL,
        source            text NOT NULL CHECK (source IN ('browser', 'application')),
        session_id        uuid,
        first_approved_at timestamptz NOT NULL,
        last_approved_at  timestamptz NOT NULL,
        PRIMARY KEY (application_id, subject, network)
      );
      CREATE INDEX known_networks_session ON known_networks (application_id, session_id);
      CREATE INDEX known_networks_age ON known_networks (last_approved_at);

      -- How much an application does in an hour: what is usual, without counting it again each time.
      CREATE TABLE visit_hours (
        application_id uuid NOT NULL,
        hour           timestamptz NOT NULL,
        sessions       integer NOT NULL DEFAULT 0,
        approved       integer NOT NULL DEFAULT 0,
        declined       integer NOT NULL DEFAULT 0,
        PRIMARY KEY (application_id, hour)
      );`,
  },
];
