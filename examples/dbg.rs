use lockfix::engine::*;
use lockfix::finding::*;
use lockfix::language::Language;
fn main() {
    let p = std::env::args().nth(1).unwrap();
    let t = std::fs::read(&p).unwrap();
    let l = Language::of_extension(p.rsplit('.').next().unwrap()).unwrap();
    let form: Form = std::env::args().nth(2).unwrap().parse().unwrap();
    let e = Engine::new(Options {
        forms: vec![(l, vec![form])],
        only_forms: true,
        ..Options::default()
    })
    .unwrap();
    let a = e.analyse(l, &t);
    for f in &a.findings {
        println!("{} {} {:?}", f.function, f.message, f.refusal);
        for x in &f.fixes {
            println!("{}", String::from_utf8_lossy(&e.apply_fix(&t, x)));
        }
    }
}
