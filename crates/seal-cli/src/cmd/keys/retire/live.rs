//! What the cluster says of the key, and its SealingKey changed there.

use sealbridge_seal::KeyId;

use super::RetireArgs;
use super::needs::Need;
use crate::cluster::{self, SealingKeyAt};
use crate::error::Error;

/// What a cluster answered, if it was asked.
pub(super) struct Asked {
    context: Option<String>,
    key: Option<SealingKeyAt>,
    needs: Vec<Need>,
}

impl Asked {
    /// Asks the cluster that the command line names, if it names one.
    pub(super) fn of(args: &RetireArgs, id: KeyId) -> Result<Self, Error> {
        let context = args.which.context.clone();
        if !args.which.is_asked() {
            if args.live {
                return Err(Error::Arguments("--live changes a cluster; say which with --cluster or --context"));
            }
            return Ok(Self { context, key: None, needs: Vec::new() });
        }
        let keys = cluster::sealing_keys(context.as_deref())?;
        let mut of_id = keys.into_iter().filter(|key| key.key_id == Some(id));
        let named = args.name.as_deref();
        let key = of_id.find(|key| named.is_none_or(|name| key.name == name)).ok_or_else(|| {
            Error::Cluster(format!(
                "the cluster has no such SealingKey with the key {id}; `seal keys list --cluster` shows those that it has"
            ))
        })?;
        let objects = cluster::objects_sealed_to(context.as_deref(), id)?;
        let mut needs: Vec<_> = objects.iter().map(|object| Need::in_cluster(object)).collect();
        match key.in_use {
            Some(0) => {}
            Some(_) if !needs.is_empty() => {}
            Some(count) => needs.push(Need::of_sealing_key(&key.name, &format!("is in use by {count}"))),
            None => needs.push(Need::of_sealing_key(&key.name, "does not say yet whether it is in use")),
        }
        Ok(Self { context, key: Some(key), needs })
    }

    /// What needs the key there.
    pub(super) fn needs(&self) -> Vec<Need> {
        self.needs.clone()
    }

    /// The name of the SealingKey.
    pub(super) fn name(&self) -> Option<&str> {
        self.key.as_ref().map(|key| key.name.as_str())
    }

    /// Changes the SealingKey in the cluster; `None` if it is as it should be.
    pub(super) fn retire(&self, dry_run: bool) -> Result<Option<String>, Error> {
        let Some(key) = self.key.as_ref().filter(|key| key.state != "Retiring") else { return Ok(None) };
        if !dry_run {
            cluster::retire(self.context.as_deref(), &key.name)?;
        }
        Ok(Some("the cluster".to_owned()))
    }
}
