//! Who may be let in without a word: whom the rules named for the file before this branch, for a value that stood in
//! the file before this branch.
//!
//! Without the first, whoever adds a key to the rules would have every value sealed to it by the next person who
//! rotates. Without the second, whoever copies a value of production into a file whose rule names more people would.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use sealbridge_seal::KeyId;
use sealbridge_sops::Metadata;

use super::survey::Survey;
use crate::config::{Config, FILE_NAME};
use crate::count::counted;
use crate::error::Error;
use crate::git::{Objects, Repository};
use crate::recipients::Recipients;
use crate::sealed_texts;
use crate::sops::{self, CreationRules, RULES_NAME, Wanted};

/// How much of an id of a commit is shown.
const SHOWN: usize = 10;

/// What was agreed to.
pub(super) struct Trust {
    accepted: Vec<String>,
    /// Known when it was asked for.
    base: OnceLock<Option<Base>>,
}

/// The commit that this branch left the main one at.
struct Base {
    repository: Repository,
    commit: String,
    state: Mutex<State>,
}

struct State {
    objects: Objects,
    configs: HashMap<PathBuf, Option<Arc<Config>>>,
}

impl Trust {
    /// What the command line accepts, and the base if there is one.
    pub(super) fn of(accepted: &[String], asked: Option<&str>) -> Result<Self, Error> {
        let trust = Self { accepted: accepted.to_vec(), base: OnceLock::new() };
        if asked.is_some() {
            let base = Base::of(Repository::here()?, asked)?;
            trust.base.get_or_init(|| base);
        }
        Ok(trust)
    }

    /// The base, looked for when the first recipient is met that is new: most runs meet none, and Git takes longer than
    /// they do.
    fn base(&self) -> Result<Option<&Base>, Error> {
        if let Some(base) = self.base.get() {
            return Ok(base.as_ref());
        }
        let base = match Repository::here() {
            Ok(repository) => Base::of(repository, None)?,
            Err(_) => None,
        };
        Ok(self.base.get_or_init(|| base).as_ref())
    }

    /// The recipients that are new to values of a file, each with the number of its values.
    pub(super) fn newcomers_of(
        &self,
        path: &Path,
        config: &Config,
        wanted: &[KeyId],
        values: &[(Vec<KeyId>, &str)],
    ) -> Result<BTreeMap<KeyId, usize>, Error> {
        let mut newcomers = BTreeMap::new();
        let mut before: Option<Before> = None;
        for (ids, text) in values {
            for id in wanted.iter().filter(|id| !ids.contains(id) && !self.is_accepted(**id, Some(config))) {
                let before = match &before {
                    Some(before) => before,
                    None => before.insert(self.base()?.map_or(Ok(Before::default()), |base| base.before(path))?),
                };
                if !before.ids.contains(id) || !before.texts.contains(*text) {
                    *newcomers.entry(*id).or_default() += 1;
                }
            }
        }
        Ok(newcomers)
    }

    /// Those among `added` that are new to a SOPS document: that nobody had agreed to for its file, or whose data key did
    /// not stand in the file.
    pub(super) fn newcomers_of_document(
        &self,
        path: &Path,
        config: Option<&Config>,
        added: &[KeyId],
        metadata: &Metadata,
    ) -> Result<Vec<KeyId>, Error> {
        let unasked: Vec<KeyId> = added.iter().filter(|id| !self.is_accepted(**id, config)).copied().collect();
        if unasked.is_empty() {
            return Ok(unasked);
        }
        let Some(base) = self.base()? else { return Ok(unasked) };
        let before = base.document_before(path)?;
        let now = data_keys(metadata);
        let has_its_key = !now.is_empty() && now.iter().all(|block| before.texts.contains(block));
        Ok(unasked.into_iter().filter(|id| !has_its_key || !before.ids.contains(id)).collect())
    }

    /// Refuses a name that is no key id and no set of any of the rules.
    pub(super) fn ensure_names_are_known<'a>(&self, configs: impl Iterator<Item = &'a Config>) -> Result<(), Error> {
        let configs: Vec<_> = configs.collect();
        let is_known = |name: &str| {
            name.parse::<KeyId>().is_ok() || configs.is_empty() || configs.iter().any(|config| config.sets.contains_key(name))
        };
        match self.accepted.iter().find(|name| !is_known(name)) {
            Some(_) => Err(Error::Arguments(
                "--accept-recipient takes the id of a key, 16 hex digits, or the name of a set of .sealbridge.yaml; correct it",
            )),
            None => Ok(()),
        }
    }

    /// What is said of all that are new, if any is.
    pub(super) fn newcomers(&self, surveys: &[Survey]) -> Option<String> {
        let mut found: BTreeMap<KeyId, (Option<String>, usize, usize)> = BTreeMap::new();
        for survey in surveys {
            for (id, values) in &survey.newcomers {
                let entry = found.entry(*id).or_insert_with(|| (survey.config.key_names.get(id).cloned(), 0, 0));
                entry.1 += values;
                entry.2 += 1;
            }
        }
        let described = found
            .into_iter()
            .map(|(id, (name, values, files))| (id, name, format!("{} in {}", counted(values, "value"), counted(files, "file"))));
        self.told(described)
    }

    /// What is said of new recipients, if there is any: each with its name, where it has one, and what it would be let
    /// into.
    pub(super) fn told(&self, newcomers: impl Iterator<Item = (KeyId, Option<String>, String)>) -> Option<String> {
        let since = match self.base.get() {
            Some(Some(base)) => base.commit.get(..SHOWN).unwrap_or(&base.commit),
            Some(None) | None => "the values were sealed",
        };
        let newcomers = newcomers.map(|(id, name, into)| {
            let name = name.map(|name| format!("{name} ")).unwrap_or_default();
            format!("{name}({id}) to {into}")
        });
        let newcomers: Vec<_> = newcomers.collect();
        (!newcomers.is_empty()).then(|| format!("recipients were added since {since}: {}", newcomers.join("; ")))
    }

    /// Whether the command line lets this recipient in.
    fn is_accepted(&self, id: KeyId, config: Option<&Config>) -> bool {
        self.accepted.iter().any(|name| {
            let named =
                config.and_then(|config| config.sets.get(name)).is_some_and(|set| set.iter().any(|recipient| recipient.id() == id));
            named || name.parse() == Ok(id)
        })
    }
}

/// A file as it was at the base.
#[derive(Default)]
struct Before {
    /// To whom the rules sealed its values.
    ids: Vec<KeyId>,
    /// Its sealed texts; of a SOPS document the blocks that hold its data key.
    texts: HashSet<String>,
}

/// The blocks of a document that hold its data key, one for each recipient. Equal blocks hold equal keys, and whatever is
/// encrypted with a key came from whoever had it.
fn data_keys(metadata: &Metadata) -> HashSet<String> {
    let groups = metadata.key_groups().unwrap_or_default();
    groups.iter().flat_map(|group| &group.age).map(|key| key.enc.trim().to_owned()).collect()
}

impl Base {
    fn of(repository: Repository, asked: Option<&str>) -> Result<Option<Self>, Error> {
        let Some(commit) = repository.base(asked)? else { return Ok(None) };
        let state = Mutex::new(State { objects: Objects::of(&repository)?, configs: HashMap::new() });
        Ok(Some(Self { repository, commit, state }))
    }

    fn before(&self, path: &Path) -> Result<Before, Error> {
        let Some(inside) = self.repository.inside(path) else { return Ok(Before::default()) };
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(config) = state.config(&self.repository, &self.commit, &inside)? else { return Ok(Before::default()) };
        let Some(rule) = config.rule_for(path) else { return Ok(Before::default()) };
        let Ok(recipients) = Recipients::resolve(&[], Some(&config), Some(rule), path) else { return Ok(Before::default()) };
        let text = state.objects.file(&self.commit, &inside)?.unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let texts = sealed_texts::tokens(&text).map(|(_, token)| token.to_owned()).collect();
        Ok(Before { ids: recipients.set.ids().collect(), texts })
    }
}

impl Base {
    /// A SOPS document as it was at the base, and whom `.sops.yaml` and `.sealbridge.yaml` named for it. Rules outside of
    /// the repository have no base.
    fn document_before(&self, path: &Path) -> Result<Before, Error> {
        let Some(inside) = self.repository.inside(path) else { return Ok(Before::default()) };
        let mut ids = self.before(path)?.ids;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        for folder in inside.ancestors().skip(1) {
            let place = folder.join(RULES_NAME);
            let Some(text) = state.objects.file(&self.commit, &place)? else { continue };
            // Those that cannot be read have agreed to nobody.
            let rules = CreationRules::parse(&self.repository.shown(&place), &String::from_utf8_lossy(&text));
            let wanted = rules.and_then(|rules| rules.wanted_for(path)).ok().flatten();
            ids.extend(wanted.iter().flat_map(Wanted::ids));
            break;
        }
        let text = state.objects.file(&self.commit, &inside)?.unwrap_or_default();
        let document = sops::encrypted(path, &String::from_utf8_lossy(&text)).ok().flatten();
        Ok(Before { ids, texts: document.map(|document| data_keys(document.metadata())).unwrap_or_default() })
    }
}

impl State {
    /// The rules that were nearest to a file at the base. Those that cannot be read have agreed to nobody.
    fn config(&mut self, repository: &Repository, commit: &str, inside: &Path) -> Result<Option<Arc<Config>>, Error> {
        for folder in inside.ancestors().skip(1) {
            let place = folder.join(FILE_NAME);
            if let Some(known) = self.configs.get(&place) {
                match known {
                    Some(config) => return Ok(Some(Arc::clone(config))),
                    None => continue,
                }
            }
            let Some(bytes) = self.objects.file(commit, &place)? else {
                self.configs.insert(place, None);
                continue;
            };
            let text = String::from_utf8_lossy(&bytes);
            let Ok(config) = Config::parse(&repository.shown(&place), &text) else { return Ok(None) };
            let config = Arc::new(config);
            self.configs.insert(place, Some(Arc::clone(&config)));
            return Ok(Some(config));
        }
        Ok(None)
    }
}
