//! Takes in what changes: objects that push, the stores that they name, what they read.
//!
//! Must never: take what the operator itself wrote for a change.

use std::sync::Arc;

use kube::api::DynamicObject;
use kube::runtime::watcher;
use sealbridge_manifest::TemplateInputKind;
use sealbridge_manifest::push::{PushPlan, PushSource};
use tokio::sync::mpsc;

use super::again::Again;
use super::declared::{self, Declared};
use super::kind::{PushId, PushKind};
use super::queue::Look;
use super::whose::may_use;
use super::{KNOWN_SOON, Pushes};
use crate::generators::input_of;
use crate::inputs::{InputId, InputKind};
use crate::object_name::is_object_name;
use crate::observe::{Observation, observe};
use crate::stores::StoreEvent;

impl Pushes {
    pub(super) async fn watch_declared(&self, kind: PushKind, namespace: Option<&str>) {
        let api = kind.api(self.client.clone(), namespace);
        observe(api, watcher::Config::default(), "pushsecrets", &self.shutdown, |observation| match observation {
            Observation::Replaced(all) => {
                let is_of_scope = |id: &PushId| id.kind == kind && namespace.is_none_or(|namespace| *namespace == *id.namespace);
                let present: Vec<_> = all.iter().map(|object| declared::id(kind, object)).collect();
                let known: Vec<_> = self.known().keys().filter(|id| is_of_scope(id)).cloned().collect();
                known.iter().filter(|id| !present.contains(id)).for_each(|id| self.drop_known(id));
                all.iter().for_each(|object| self.take_in(kind, object));
            }
            Observation::Applied(object) => self.take_in(kind, &object),
            Observation::Deleted(object) => self.drop_known(&declared::id(kind, &object)),
            Observation::Forbidden => {}
        })
        .await;
    }

    /// Knows an object as it is given, and has it looked at if it asks for something else than before.
    pub(super) fn take_in(&self, kind: PushKind, object: &DynamicObject) {
        let one = Declared::new(kind, object);
        let id = one.id.clone();
        let mut known = self.known();
        let is_news = match known.get(&id) {
            Some(before) if one.is_older_than(before) => return,
            Some(before) => !one.asks_the_same_as(before),
            None => true,
        };
        known.insert(id.clone(), Arc::new(one));
        drop(known);
        if is_news {
            self.failures().wait(&id, Again::Never);
            self.ask(id, Look::Glance);
        }
    }

    fn drop_known(&self, id: &PushId) {
        self.known().remove(id);
        self.failures().wait(id, Again::Never);
        self.ask_later(id, None);
        self.forget(id);
    }

    /// Watches nothing more for an object.
    pub(super) fn forget(&self, id: &PushId) {
        self.inputs.release(|user| user == id);
        self.selected.release(id);
        self.generated().forget(id);
        self.stale().forget(id);
    }

    pub(super) async fn watch_stores(&self, mut events: mpsc::UnboundedReceiver<StoreEvent>) {
        loop {
            let event = tokio::select! {
                () = self.shutdown.requested() => return,
                event = events.recv() => event,
            };
            let Some(event) = event else { return };
            let all: Vec<_> = self.known().values().cloned().collect();
            for declared in all {
                let look = match &event {
                    // One that is chosen by its labels may be one that was not chosen before.
                    StoreEvent::Changed(store) if may_use(&declared, store) => Look::Push,
                    StoreEvent::Recovered(store) if may_use(&declared, store) && !declared.is_ready() => Look::Push,
                    StoreEvent::Changed(_) | StoreEvent::Recovered(_) => continue,
                };
                self.ask(declared.id.clone(), look);
            }
        }
    }

    pub(super) async fn watch_inputs(&self, mut changed: mpsc::UnboundedReceiver<PushId>) {
        loop {
            let id = tokio::select! {
                () = self.shutdown.requested() => return,
                id = changed.recv() => id,
            };
            let Some(id) = id else { return };
            self.ask(id, Look::Glance);
        }
    }

    /// Watches what the plan reads from here on, and nothing else for the object. Returns when it is known, so that no change
    /// after that is missed; what takes longer asks for another look.
    pub(super) async fn follow_sources(&self, declared: &Declared, plan: &PushPlan) {
        let namespace = &declared.id.namespace;
        let input = |kind, name: &str| InputId { kind, namespace: Arc::clone(namespace), name: name.into() };
        let mut inputs: Vec<_> = plan
            .template_inputs()
            .map(|(of, _)| match of.kind {
                TemplateInputKind::ConfigMap => input(InputKind::ConfigMap, &of.name),
                TemplateInputKind::Secret => input(InputKind::Secret, &of.name),
            })
            .collect();
        match &plan.source {
            PushSource::Named(name) => {
                inputs.push(input(InputKind::Secret, name));
                self.selected.release(&declared.id);
            }
            PushSource::Selected(selector) => {
                self.selected.follow(&declared.id, selector, &self.client, &self.ask, &self.shutdown);
            }
            PushSource::Generated(named) => {
                inputs.push(input_of(namespace, named));
                self.selected.release(&declared.id);
            }
        }
        if !plan.source.is_generated() {
            self.generated().forget(&declared.id);
        }
        // Names that Kubernetes does not accept are told where they are read.
        inputs.retain(|input| is_object_name(&input.name));
        self.inputs.follow_only(&declared.id, &inputs);
        let _known = self.inputs.states(&declared.id, &inputs, KNOWN_SOON).await;
    }
}
