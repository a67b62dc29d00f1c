fn main() {
    let p = std::env::args().nth(1).unwrap();
    let t = std::fs::read(&p).unwrap();
    let l = lockfix::language::Language::of_extension(p.rsplit('.').next().unwrap()).unwrap();
    let tree = lockfix::parse::parse(l.grammar(), &t).unwrap();
    println!("{}", tree.root_node().to_sexp());
}
