//! The administration of `portcullis serve`: listens before anything is served, and leaves last.

use portcullis_gateway::{
    Admin, AdminListener, Denylist, Gateway, KnownIssuers, ResourceSettings, config::AdminConfig, serve_admin,
};
use portcullis_oauth::Clock;
use portcullis_resource_server::{Revocations, SharedSecret};
use std::sync::Arc;

/// What is ready before the gateway is.
pub(crate) struct Administration {
    denylist: Arc<Denylist>,
    listener: AdminListener,
    secret: SharedSecret,
}

impl Administration {
    /// Reads what is revoked, and listens.
    pub(crate) async fn begin(
        config: &AdminConfig,
        resources: &[ResourceSettings],
        clock: Arc<dyn Clock>,
    ) -> anyhow::Result<Self> {
        let file = config.revocations_file.as_deref();
        let issuers = KnownIssuers::of(resources);
        let denylist = Denylist::open(file, issuers, config.token_lifetime, clock)?;
        let listener = AdminListener::bind(&config.listen).await?;
        let place = listener.place()?;
        let kept = denylist.file().map_or_else(
            || "until this process ends".to_owned(),
            |file| format!("in {}, {} in effect", file.display(), denylist.active()),
        );
        tracing::info!(target: "portcullis", "administered at {place}; revocations are kept {kept}");
        Ok(Self { denylist, listener, secret: config.token.clone() })
    }

    /// Whom the resources ask.
    pub(crate) fn revocations(&self) -> Arc<dyn Revocations> {
        self.denylist.clone()
    }

    /// Serves until it is dropped.
    pub(crate) async fn serve(self, gateway: Gateway) {
        serve_admin(Admin::new(gateway, self.denylist, self.secret), self.listener).await;
    }
}
