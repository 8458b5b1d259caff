//! The sample, run as the engine would run it.

use std::sync::Arc;

use rstest::rstest;

use super::*;
use crate::{AmbientIdentity, NamespaceInputs, Session};

struct Nothing;

impl Scope for Nothing {
    fn inputs(&self, _: Option<&str>) -> Result<Arc<dyn NamespaceInputs>, InputError> {
        Err(InputError::NamespaceRefused { namespace: "any".to_owned() })
    }

    fn ambient_identity(&self) -> AmbientIdentity {
        AmbientIdentity::Refused
    }
}

async fn read(session: &Arc<Session>, key: RemoteKey) -> Result<Arc<Payload>, ReadError> {
    session.read(vec![key]).next().await.unwrap().1
}

#[tokio::test]
async fn values_searches_and_what_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("db"), br#"{"password":"p"}"#).unwrap();
    std::fs::write(folder.path().join("web"), "w").unwrap();
    std::fs::write(folder.path().join(".hidden"), "h").unwrap();
    assert!(matches!(FolderStore::connect("relative", &Nothing), Err(InputError::Invalid { .. })));
    let store = FolderStore::connect(folder.path().to_str().unwrap(), &Nothing).unwrap();
    let session = Session::new(Arc::new(store));
    assert_eq!(session.check().await, Ok(()));
    let value = read(&session, RemoteKey::value("db", None)).await.unwrap();
    assert_eq!(value.select(Some("password")).unwrap().expose(), b"p");
    let found = read(&session, RemoteKey::search("", Search::default())).await.unwrap();
    let names: Vec<_> = found.entries().unwrap().unwrap().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["db", "web"]);

    let absent = RemoteKey::value("absent", None);
    assert_eq!(read(&session, absent.clone()).await.unwrap_err(), ReadError::Absent(Absence::NotFound));
    assert_eq!(session.confirm_absence(&absent).await, Ok(()));
    for refused in [RemoteKey::value("../db", None), RemoteKey::value(".hidden", None), RemoteKey::metadata("db", None)] {
        assert!(matches!(read(&session, refused).await, Err(ReadError::InvalidKey(_))));
    }
    assert_eq!(session.traffic().requests, 5);
    folder.close().unwrap();
    assert_eq!(session.confirm_absence(&absent).await, Err(NOT_THERE));
}

#[rstest]
#[case(ErrorKind::NotFound, ReadError::Absent(Absence::NotFound))]
#[case(ErrorKind::PermissionDenied, ReadError::Denied)]
#[case(ErrorKind::TimedOut, ReadError::Unavailable)]
fn failures(#[case] kind: ErrorKind, #[case] wanted: ReadError) {
    assert_eq!(failure(kind), wanted);
}

#[test]
fn the_sample_is_one_short_file() {
    assert!(include_str!("../sample.rs").lines().count() < 150);
}
