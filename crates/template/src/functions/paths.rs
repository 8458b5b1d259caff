//! Slash-separated paths, by the rules of Go's path package; on Linux its filepath package has the same.

use super::Function;
use super::Param::Text;
use crate::value::Value;

const BASE: Function = Function::new("base", &[Text], |_, args| Ok(Value::from(base(args.text(0)?))));
const DIR: Function = Function::new("dir", &[Text], |_, args| {
    let path = args.text(0)?;
    let end = path.iter().rposition(|byte| *byte == b'/').map_or(0, |at| at + 1);
    Ok(Value::from(clean(path.get(..end).unwrap_or_default())))
});
const CLEAN: Function = Function::new("clean", &[Text], |_, args| Ok(Value::from(clean(args.text(0)?))));
const EXT: Function = Function::new("ext", &[Text], |_, args| {
    let path = args.text(0)?;
    let point = path.iter().rposition(|byte| matches!(byte, b'.' | b'/')).filter(|at| path.get(*at) == Some(&b'.'));
    Ok(Value::from(point.and_then(|at| path.get(at..)).unwrap_or_default()))
});
const IS_ABS: Function = Function::new("isAbs", &[Text], |_, args| Ok(Value::Bool(args.text(0)?.starts_with(b"/"))));

pub(super) const FUNCTIONS: &[Function] = &[
    BASE,
    super::alias("osBase", &BASE),
    DIR,
    super::alias("osDir", &DIR),
    CLEAN,
    super::alias("osClean", &CLEAN),
    EXT,
    super::alias("osExt", &EXT),
    IS_ABS,
    super::alias("osIsAbs", &IS_ABS),
];

fn base(path: &[u8]) -> &[u8] {
    if path.is_empty() {
        return b".";
    }
    let Some(end) = path.iter().rposition(|byte| *byte != b'/') else { return b"/" };
    let path = path.get(..=end).unwrap_or(path);
    let begin = path.iter().rposition(|byte| *byte == b'/').map_or(0, |at| at + 1);
    path.get(begin..).unwrap_or(path)
}

fn clean(path: &[u8]) -> Vec<u8> {
    let is_absolute = path.starts_with(b"/");
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in path.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => match parts.last() {
                Some(last) if *last != b".." => {
                    parts.pop();
                }
                _ if is_absolute => {}
                _ => parts.push(part),
            },
            part => parts.push(part),
        }
    }
    let joined = parts.join(&b'/');
    match (is_absolute, joined.is_empty()) {
        (true, _) => [b"/", joined.as_slice()].concat(),
        (false, true) => b".".to_vec(),
        (false, false) => joined,
    }
}
