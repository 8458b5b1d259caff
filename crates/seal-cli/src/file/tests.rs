//! What must hold when a file is replaced: all or nothing, and nobody's work is lost.

use std::os::unix::fs::PermissionsExt;
use std::sync::Barrier;

use super::*;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

#[test]
fn mode_and_symbolic_link_stay() {
    let folder = folder();
    let file = folder.path().join("real.yaml");
    let link = folder.path().join("link.yaml");
    fs::write(&file, "old").expect("written");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).expect("mode");
    std::os::unix::fs::symlink("real.yaml", &link).expect("link");
    Snapshot::read(&link).expect("read").replace("new").expect("replaced");
    assert!(link.is_symlink());
    assert_eq!(fs::read_to_string(&file).expect("read"), "new");
    assert_eq!(fs::metadata(&file).expect("metadata").permissions().mode() & 0o777, 0o640);
    assert_eq!(fs::read_dir(folder.path()).expect("folder").count(), 2, "no temporary file is left");
}

#[test]
fn a_file_that_changed_since_it_was_read_is_left_alone() {
    let folder = folder();
    let file = folder.path().join("a.yaml");
    fs::write(&file, "old").expect("written");
    let snapshot = Snapshot::read(&file).expect("read");
    fs::write(&file, "theirs").expect("written");
    assert!(matches!(snapshot.replace("ours"), Err(Error::Changed { .. })));
    assert_eq!(fs::read_to_string(&file).expect("read"), "theirs");
}

#[test]
fn a_file_that_appeared_since_is_left_alone() {
    let folder = folder();
    let file = folder.path().join("a.yaml");
    let snapshot = Snapshot::read(&file).expect("read");
    fs::write(&file, "theirs").expect("written");
    assert!(matches!(snapshot.replace("ours"), Err(Error::Changed { .. })));
    assert_eq!(fs::read_to_string(&file).expect("read"), "theirs");
}

#[test]
fn of_many_at_once_one_wins_and_the_others_are_told() {
    let folder = folder();
    let file = folder.path().join("a.yaml");
    fs::write(&file, "old").expect("written");
    let start = Barrier::new(8);
    let results: Vec<_> = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..8)
            .map(|writer| {
                let (start, file) = (&start, &file);
                scope.spawn(move || {
                    let snapshot = Snapshot::read(file).expect("read");
                    start.wait();
                    snapshot.replace(&format!("by {writer}")).map(|()| writer)
                })
            })
            .collect();
        writers.into_iter().map(|writer| writer.join().expect("no panic")).collect()
    });
    let winners: Vec<_> = results.iter().flatten().collect();
    assert_eq!(winners.len(), 1, "{results:?}");
    assert_eq!(fs::read_to_string(&file).expect("read"), format!("by {}", winners[0]));
}

#[test]
fn a_private_file_is_for_its_owner_and_never_overwritten() {
    let folder = folder();
    let file = folder.path().join("deep/keys.txt");
    create_private(&file, &[b"a", b"b"]).expect("created");
    assert!(!is_readable_by_others(&file));
    assert!(matches!(create_private(&file, &[b"c"]), Err(Error::Exists { .. })));
    assert_eq!(fs::read(&file).expect("read"), b"ab");
}

#[test]
fn bytes_are_found_wherever_they_stand() {
    let folder = folder();
    let file = folder.path().join("a.yaml");
    for before in [0, 1, 65_534, 65_535, 65_536, 131_071, 200_000] {
        fs::write(&file, ["x".repeat(before), "sb1:".to_owned(), "y".repeat(before)].concat()).expect("written");
        assert!(holds(&file, &["sb1:"]).expect("read"), "{before}");
        assert!(!holds(&file, &["sb2:"]).expect("read"), "{before}");
    }
}

#[test]
fn any_of_several_texts_is_found_whichever_is_longer() {
    let folder = folder();
    let file = folder.path().join("a.yaml");
    for there in ["sb1:", "lastmodified"] {
        for before in [0, 65_525, 65_533, 65_536, 131_069] {
            fs::write(&file, ["x".repeat(before), there.to_owned(), "y".repeat(before)].concat()).expect("written");
            for wanted in [["sb1:", "lastmodified"], ["lastmodified", "sb1:"]] {
                assert!(holds(&file, &wanted).expect("read"), "{there} behind {before}");
            }
            assert!(!holds(&file, &["sb2:", "lastchanged"]).expect("read"), "{there} behind {before}");
        }
    }
    assert!(!holds(&file, &[]).expect("read"));
}
