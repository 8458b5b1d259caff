//! Every message of a failure that a person can see, each in two parts: what failed; what to do.
//!
//! Must never: hold a byte of a value, or an argument that could be one.

mod report;

use std::fmt;
use std::io;
use std::path::PathBuf;

use sealbridge_manifest::PlanError;
use sealbridge_manifest::document::{DecodeError, DocumentError};
use sealbridge_manifest::edit::EditError;
use sealbridge_seal::{IdentityError, RecipientError, RecipientSetError, Scope, ScopeError, SealError};
use sealbridge_sops::SopsError;

pub(crate) use self::report::report;
use crate::identities::IdentityProblem;

/// Everything that can go wrong on the command line.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The arguments do not fit; the text is the parser's.
    #[error("{0}")]
    Usage(String),
    /// An argument that belongs nowhere, perhaps a value.
    #[error(
        "an argument is not expected here; see --help. A value never goes on the command line, where other processes and the shell's history see it: leave it out, and it is asked for"
    )]
    StrayArgument,
    /// Arguments that do not go together.
    #[error("{0}")]
    Arguments(&'static str),

    /// A command cannot be run.
    #[error("{} cannot be run ({}); check its name and permissions", program.display(), Cause(*cause))]
    NotRun { program: PathBuf, cause: io::ErrorKind },

    /// A file cannot be read.
    #[error("{} cannot be read ({}); check the path and its permissions", path.display(), Cause(*cause))]
    Read { path: PathBuf, cause: io::ErrorKind },
    /// A file cannot be written.
    #[error("{} cannot be written ({}); check the folder and its permissions; nothing was changed", path.display(), Cause(*cause))]
    Write { path: PathBuf, cause: io::ErrorKind },
    /// A file has no right to be written.
    #[error("{} is read-only; run `chmod u+w` on it if it may change; nothing was changed", path.display())]
    ReadOnly { path: PathBuf },
    /// A file is larger than anything that a verb is for.
    #[error("{} is larger than 32 MiB, more than any manifest or document needs; check that it is the right file", path.display())]
    FileTooLarge { path: PathBuf },
    /// A file that must not be there is.
    #[error("{} exists and is never overwritten; choose another path, or move it away", path.display())]
    Exists { path: PathBuf },
    /// A file that must be text is not.
    #[error("{} is not UTF-8 text; check that it is the right file", path.display())]
    NotText { path: PathBuf },
    /// Somebody else wrote the file meanwhile.
    #[error("{} was changed by somebody else in the meantime, so nothing was written; run the command again", path.display())]
    Changed { path: PathBuf },
    /// Stdout is not open.
    #[error("the result cannot be written to stdout ({}); check where it is redirected to", Cause(*cause))]
    Stdout { cause: io::ErrorKind },
    /// A result cannot be put into JSON.
    #[error("the result cannot be written as JSON; use -o text")]
    Json,

    /// A file has several SealedSecrets.
    #[error("{} holds several SealedSecrets; name one with --name", path.display())]
    SeveralSealedSecrets { path: PathBuf },
    /// There is no certificate to seal a SealedSecret with.
    #[error("no certificate says how a SealedSecret is sealed; name `certificate` in its rule of .sealbridge.yaml, or pass --cert")]
    NoCertificate,
    /// A certificate cannot be used.
    #[error("{}: {problem}", path.display())]
    Certificate { path: PathBuf, problem: sealbridge_sealed_secrets::CertificateError },
    /// A value cannot be sealed for a SealedSecret.
    #[error("{key}: {problem}")]
    SealedSecretValue { key: String, problem: sealbridge_sealed_secrets::SealError },
    /// There is no private key to open a SealedSecret with.
    #[error("no key is at hand to open a SealedSecret; name a private key of its controller with --recovery-private-key")]
    NoRecoveryKey,
    /// A private key of a sealed-secrets controller cannot be used.
    #[error("{}: {problem}", path.display())]
    Recovery { path: PathBuf, problem: sealbridge_sealed_secrets::KeyError },

    /// A text cannot be read.
    #[error("{} {problem}", path.display())]
    Document { path: PathBuf, problem: DocumentError },
    /// A manifest cannot be edited in place.
    #[error("{}: {problem}; nothing was changed", path.display())]
    Edit { path: PathBuf, problem: EditError },
    /// An object has a field that does not fit.
    #[error("{}: {object}: {problem}", path.display())]
    Decode { path: PathBuf, object: String, problem: DecodeError },
    /// An object cannot be acted upon.
    #[error("{}: {object}: {problem}", path.display())]
    Plan { path: PathBuf, object: String, problem: PlanError },
    /// Bare keys that other readers retype.
    #[error("{}: {object}: kubectl, kustomize and Helm take these bare keys for booleans, numbers or dates: {keys}; put them in quotes", path.display())]
    RetypedKeys { path: PathBuf, object: String, keys: String },
    /// A file has no BridgedSecret.
    #[error("{} holds no BridgedSecret; check the path, or name a file that does not exist to create one", path.display())]
    NoBridgedSecret { path: PathBuf },
    /// A file has none but in an object that makes one in several namespaces.
    #[error(
        "{}: ClusterBridgedSecret {name} is not edited in place; seal a value with `seal value --scope cluster`, and write it under spec.template.spec.data",
        path.display()
    )]
    OnlyCopies { path: PathBuf, name: String },
    /// A file has no BridgedSecret of that name.
    #[error("{} holds no BridgedSecret named {name}; it holds {held}", path.display())]
    NoSuchBridgedSecret { path: PathBuf, name: String, held: String },
    /// A file has several, and none is named.
    #[error("{} holds several BridgedSecrets; name one with --name: {held}", path.display())]
    SeveralBridgedSecrets { path: PathBuf, held: String },
    /// No SealingKey of that name, or several.
    #[error(
        "not exactly one file has a SealingKey named {name}; name the file or folder that has it, or use --live if it is not applied from Git"
    )]
    NoSealingKey { name: String },
    /// A BridgedSecret has no name.
    #[error("{}: a BridgedSecret has no metadata.name; add it", path.display())]
    Nameless { path: PathBuf },
    /// A path leads to no sealed text.
    #[error("{} has no sealed text at --path; check the path with `seal diff` or in the file", path.display())]
    NoSealedText { path: PathBuf },
    /// The entry to be written is there.
    #[error("{} has an entry {key} already; give another name behind the colon, or replace it with --replace", path.display())]
    EntryThere { path: PathBuf, key: String },
    /// An entry that says too little, or too much, to be written elsewhere.
    #[error("{}: the entry {key} needs exactly one of remoteRef, sealed and plain; correct it", path.display())]
    UnclearEntry { path: PathBuf, key: String },
    /// The copy could be used in more places than the source.
    #[error(
        "{key} is sealed with scope {from}, and its copy would have the wider scope {to}; pass --scope {to} if that is meant, or --scope {from}"
    )]
    WiderScope { key: String, from: Scope, to: Scope },
    /// The copy could be used in more places than the source, and no other copy can be made there.
    #[error(
        "{key} is sealed with scope {from}, and {why}, so that its copy has the wider scope {to}; pass --scope {to} if that is meant"
    )]
    WiderPlace { key: String, from: Scope, to: Scope, why: &'static str },
    /// A scope is asked for that values at the destination cannot have.
    #[error("{why}: the scope there is {to}; leave --scope out, or pass --scope {to}")]
    FixedScope { why: &'static str, to: Scope },
    /// A reference cannot stand at the destination.
    #[error(
        "{key} is a reference to a store, which only a BridgedSecret can hold; copy it to one, or leave it out; nothing was changed"
    )]
    NoReferenceThere { key: String },
    /// The copies are written, and the source is not.
    #[error(
        "{} has the copies, and {} keeps its entries, since it cannot be written or was changed by somebody else; remove them with `seal unset`",
        target.display(),
        from.display()
    )]
    HalfMoved { target: PathBuf, from: PathBuf },
    /// A rule allows no plain value.
    #[error("the rule for {} allows no plain value under the name {key}; seal it with `seal set`", path.display())]
    PlainNotAllowed { path: PathBuf, key: String },
    /// An entry is not there.
    #[error("{}: there is no entry {key}; `seal list` shows those that there are", path.display())]
    NoEntry { path: PathBuf, key: String },
    /// The manifest becomes too large to be applied.
    #[error(
        "{} would have {bytes} bytes as JSON, and `kubectl apply` carries at most 262144; split it into several BridgedSecrets, or pass --allow-large if it is applied server-side. Largest entries: {largest}",
        path.display()
    )]
    ManifestTooLarge { path: PathBuf, bytes: usize, largest: String },

    /// Kubernetes refuses the name of an entry. It is not repeated: a value may have been put in its place.
    #[error(
        "an entry's name is not one that Kubernetes accepts; use 1 to 253 of letters, digits, '-', '.' and '_', and not a value: it is asked for"
    )]
    KeyName,
    /// Something that looks like `KEY=value` where a key is expected.
    #[error(
        "an entry's name has a '=' in it. A value never goes on the command line, where other processes and the shell's history see it: give the name alone, and the value is asked for"
    )]
    ValueInArguments,
    /// The same entry is set twice.
    #[error("the entry {key} is given twice; give it once")]
    KeyTwice { key: String },
    /// A name that Kubernetes refuses for an object.
    #[error(
        "{name:?} is not a name that Kubernetes accepts for an object; give one with --name: lower-case letters, digits, '-' and '.'"
    )]
    ObjectName { name: String },
    /// A name that Kubernetes refuses for a namespace.
    #[error("{namespace:?} ({from}) is not a name that Kubernetes accepts for a namespace; use lower-case letters, digits and '-'")]
    NamespaceName { namespace: String, from: String },
    /// No namespace is known.
    #[error(
        "the namespace is not known; give it with -n, or in the manifest, the nearest kustomization.yaml or a rule of .sealbridge.yaml"
    )]
    NoNamespace,
    /// Two namespaces are known and differ.
    #[error(
        "the namespace is {one} by {one_from} and {other} by {other_from}; make them agree, since a value is sealed for one of them"
    )]
    NamespacesDiffer { one: String, one_from: String, other: String, other_from: String },

    /// No rules were found.
    #[error(
        "no .sealbridge.yaml was found and no -r is given, so it is not known who shall open the value; run `seal init`, or name recipients with -r"
    )]
    NoConfig,
    /// No rule matches.
    #[error("no rule in {} matches {file}; add one, or name recipients with -r", config.display())]
    NoRule { config: PathBuf, file: String },
    /// No rule says to whom the values of a file are sealed.
    #[error("{}: no rule of a .sealbridge.yaml says who shall open its values; add one", path.display())]
    NoRecipients { path: PathBuf },
    /// Somebody would be let in whom nobody has agreed to.
    #[error("{told}; nothing was written. If that is meant, pass --accept-recipient with the id or the set")]
    NewRecipients { told: String },
    /// The rules cannot be used.
    #[error("{}: {problem}", path.display())]
    Config { path: PathBuf, problem: String },
    /// The rule asks for a key that the recipients lack.
    #[error(
        "the rule of .sealbridge.yaml wants a break-glass key among the recipients, and -r names none; add one, or leave -r out"
    )]
    LacksBreakGlass,
    /// A recipient set is not there.
    #[error("{name:?} is neither a recipient (age1…) nor a set of .sealbridge.yaml{known}; correct the name")]
    UnknownSet { name: String, known: String },
    /// A recipient cannot be used.
    #[error("{place}: {problem}")]
    Recipient { place: String, problem: RecipientError },
    /// The recipients are no set.
    #[error("the value cannot be sealed: {0}")]
    RecipientSet(RecipientSetError),
    /// The scope is none.
    #[error("--scope: {0}")]
    Scope(ScopeError),

    /// Two prompts were answered differently.
    #[error(
        "the two values for {key} differ, so nothing was sealed; try again. A value of several lines is piped to stdin, or read with --from-file"
    )]
    PromptsDiffer { key: String },
    /// The terminal cannot be asked.
    #[error("the value of {key} cannot be asked for ({}); pipe it to stdin, or use --from-file or --from-env", Cause(*cause))]
    Prompt { key: String, cause: io::ErrorKind },
    /// No value came.
    #[error(
        "no value came for {key}, so nothing was sealed; check what feeds it. An empty value is sealed with --from-file {key}=/dev/null"
    )]
    EmptyValue { key: String },
    /// The value is too large.
    #[error("the value of {key} is larger than 1 MiB, more than a Secret can hold; store larger data elsewhere")]
    ValueTooLarge { key: String },
    /// Stdin cannot be read.
    #[error("stdin cannot be read ({}); check what feeds it", Cause(*cause))]
    Stdin { cause: io::ErrorKind },
    /// Stdin can only be one value.
    #[error(
        "stdin can be the value of one entry only, and several need one; seal them one by one, or use --from-file or --from-env"
    )]
    SeveralFromStdin,
    /// An environment variable is not there.
    #[error("the environment variable {name} is not set; export it, or correct its name")]
    NoVariable { name: String },
    /// A value cannot be sealed.
    #[error("{key} cannot be sealed: {problem}")]
    Seal { key: String, problem: SealError },

    /// The process cannot wait for answers.
    #[error("the stores cannot be asked ({}); try again", Cause(*cause))]
    Runtime { cause: io::ErrorKind },
    /// Some things failed, each told in full.
    #[error("{}", .0.join("\nerror: "))]
    Several(Vec<String>),
    /// An entry holds no sealed value.
    #[error("{key} is {source_text}, which `seal get` does not read; `seal render` does")]
    NotSealed { key: String, source_text: String },
    /// A value that is not text shall be printed as text.
    #[error("the value of {key} is not UTF-8 text; use --raw, or -o json for base64")]
    NotTextValue { key: String },
    /// No identity is at hand.
    #[error("no identity is at hand; name a file with -i or SEALBRIDGE_IDENTITY_FILE, or make one with `seal keys new`")]
    NoIdentity,
    /// An identity cannot be used.
    #[error("{from}{problem}")]
    Identity { from: String, problem: IdentityProblem },
    /// The identities at hand open no sealed value.
    #[error(
        "SSH keys and age plugins are at hand, and they open SOPS documents and encrypted identity files, not sealed values; name with -i a file with `AGE-SECRET-KEY-1…` too, which may be encrypted to one of them"
    )]
    ForeignIdentities,
    /// A key pair cannot be made.
    #[error("no key was made: {0}")]
    KeyPair(IdentityError),
    /// There is no home folder.
    #[error("neither XDG_CONFIG_HOME nor HOME is set; name the file")]
    NoHome,

    /// A SOPS document cannot be used.
    #[error("{}: {problem}", path.display())]
    Sops { path: PathBuf, problem: SopsError },
    /// Nobody at hand opens a SOPS document.
    #[error(
        "{} is a SOPS document, in which nothing can be read or changed without its data key, and no identity at hand opens that (sealed to {wanted}); name an identity of one of these with -i, SEALBRIDGE_IDENTITY_FILE or SOPS_AGE_KEY_FILE, or put new values into a BridgedSecret, where sealing needs no identity",
        path.display()
    )]
    SopsNoKey { path: PathBuf, wanted: String },
    /// A value that is not text, where only text can be.
    #[error("{}: the value of {key} is not UTF-8 text, which this format cannot hold; encode it, as base64 for example", path.display())]
    NotTextDocument { path: PathBuf, key: String },
    /// The value would be readable.
    #[error("{}: the document's selector leaves {key} plain, so that a value there would be readable; choose another key", path.display())]
    SopsPlainPlace { path: PathBuf, key: String },
    /// The value does not have the type of the one that it replaces.
    #[error("{}: {key} is a {kind}, and the new value is none; use `seal edit` to give it another type", path.display())]
    SopsOtherType { path: PathBuf, key: String, kind: &'static str },

    /// There is no randomness.
    #[error("the system gives no random bytes, so nothing was generated; try again")]
    NoRandomness,
    /// No folder in memory is there.
    #[error(
        "neither $XDG_RUNTIME_DIR nor /dev/shm is a folder in memory, and values never go to a disk; name one with --memory-folder, or use `seal set`"
    )]
    NoMemoryFolder,
    /// The editor did not end well.
    #[error("the editor could not be run, or ended with a failure, so nothing was changed; check VISUAL and EDITOR")]
    Editor,
    /// An entry in the editor that is no text.
    #[error("{key} has a value that is not text; put numbers, dates, yes and no in quotes")]
    NotTextInEditor { key: String },
    /// An entry that the editor did not show.
    #[error("{key} is an entry that was not shown, since it is not a sealed text; use another name, or `seal unset` first")]
    NotEditable { key: String },

    /// Something differs, which was told. No message of its own.
    #[error("there are differences")]
    Differences,
    /// There is no repository.
    #[error("this folder is not in a Git repository; run the command in one")]
    NoRepository,
    /// There is no commit yet.
    #[error("the repository has no commit yet, so there is nothing to compare with; commit first")]
    NoCommit,
    /// The name is neither a revision nor a path.
    #[error("{name:?} is neither a revision nor a file that exists; check the name, and fetch the revision if it is a remote one")]
    NoRevision { name: String },
    /// Git cannot be run.
    #[error("git cannot be run ({}); install it, and see that it is in PATH", Cause(*cause))]
    NoGit { cause: io::ErrorKind },
    /// Git does not answer.
    #[error("{what} by git; run `git status`, and check the paths")]
    Git { what: &'static str },

    /// A baseline cannot be used.
    #[error("{} is not a baseline of this version; write it again with --write-baseline", path.display())]
    Baseline { path: PathBuf },

    /// A SOPS document has a value of that name.
    #[error("{} has a value at {key} already; remove it with `seal unset`, or leave it out of the input; nothing was changed", path.display())]
    ImportThere { path: PathBuf, key: String },
    /// A new SOPS document is wanted.
    #[error(
        "{} would be a new SOPS document by .sops.yaml, and no rule of a .sealbridge.yaml is about it; encrypt the plain file with `sops encrypt`, which knows all of these rules, or name recipients with -r for a BridgedSecret",
        path.display()
    )]
    NewSopsDocument { path: PathBuf },
    /// An input cannot be imported.
    #[error("{}: {problem}", path.display())]
    Import { path: PathBuf, problem: String },

    /// A cluster does not give what is asked of it.
    #[cfg(feature = "cluster")]
    #[error("{0}")]
    Cluster(String),
}

/// The cause of a failed call, in words for people.
pub(crate) struct Cause(pub(crate) io::ErrorKind);

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            io::ErrorKind::NotFound => f.write_str("it does not exist"),
            io::ErrorKind::IsADirectory => f.write_str("it is a folder"),
            kind => kind.fmt(f),
        }
    }
}
