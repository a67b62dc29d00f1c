use lockfix::engine::*;
use lockfix::finding::*;
use lockfix::language::Language;
fn main() {
    let p = std::env::args().nth(1).unwrap();
    let t = std::fs::read(&p).unwrap();
    let l = Language::of_extension(p.rsplit('.').next().unwrap()).unwrap();
    let e = Engine::new(Options::default()).unwrap();
    let a = e.analyse(l, &t);
    for f in &a.findings {
        eprintln!(
            "{}:{}:{} {} {} [{}] fixes={:?} refusal={:?}",
            p,
            f.location.line,
            f.location.column,
            f.rule,
            f.message,
            f.function,
            f.fixes.iter().map(|x| x.form.name()).collect::<Vec<_>>(),
            f.refusal
        );
    }
    for s in &a.skipped {
        eprintln!("skipped {s:?}");
    }
    let f = e.fix_all(l, &t, Applicability::Safe);
    if std::env::args().nth(2).is_none() {
        print!("{}", String::from_utf8_lossy(&f.text));
    }
}
