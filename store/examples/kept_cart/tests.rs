//! The cart outlives a thousand kills.

use std::collections::BTreeMap;
use std::env;
use std::io::{self, BufRead, BufReader, Lines, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::serve;

const KILLS: usize = 1000;

/// Where the folder's name is for a life of the program.
const FOLDER: &str = "GLOMERS_CART_FOLDER";

/// Not a test, but what is killed: this very file, run once more.
#[test]
#[ignore = "it is run by the other"]
fn the_program() {
    if let Some(folder) = env::var_os(FOLDER) {
        serve(Path::new(&folder), io::stdin().lock(), io::stdout()).unwrap();
    }
}

struct Life {
    child: Child,
    commands: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Life {
    /// Begins one; returns what it has found.
    fn begin(folder: &Path) -> (Self, String) {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--ignored", "--exact", "tests::the_program", "--nocapture"])
            .env(FOLDER, folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let commands = child.stdin.take().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut life = Self { child, commands, answers };
        let found = life.answer();
        assert!(found.is_some(), "it does not begin another life");
        (life, found.unwrap_or_default())
    }

    /// The next answer; none if it has ended.
    fn answer(&mut self) -> Option<String> {
        // The rest is of the test's frame.
        self.answers.find_map(|line| Some(line.ok()?.split_once("cart: ")?.1.to_owned()))
    }
}

/// What the cart must be told to be.
fn told(cart: &BTreeMap<String, i64>) -> String {
    let products: Vec<_> =
        cart.iter().map(|(product, count)| format!("{count} {product}")).collect();
    if products.is_empty() { "nothing".to_owned() } else { products.join(", ") }
}

fn carry_out(cart: &mut BTreeMap<String, i64>, command: &str) {
    match command.split(' ').collect::<Vec<_>>()[..] {
        ["add", count, product] => {
            *cart.entry(product.to_owned()).or_default() += count.parse::<i64>().unwrap();
        }
        ["remove", product] => drop(cart.remove(product)),
        _ => {}
    }
}

#[test]
fn a_cart_outlives_a_thousand_kills() {
    let folder = tempfile::tempdir().unwrap();
    let mut dice = Dice(7);
    let mut cart = BTreeMap::new();
    // Asked for, and perhaps carried out, in this order.
    let mut pending: Vec<String> = Vec::new();
    let (mut answered, mut lost) = (0, 0);
    for kill in 0..KILLS {
        let (mut life, found) = Life::begin(folder.path());
        let mut remaining = pending.len();
        let mut possible = vec![told(&cart)];
        for command in pending.drain(..) {
            if *possible.last().unwrap() == found {
                break;
            }
            carry_out(&mut cart, &command);
            remaining -= 1;
            possible.push(told(&cart));
        }
        assert_eq!(*possible.last().unwrap(), found, "kill {kill}: none of {possible:?}");
        lost += remaining;
        // Some at once, so that it is killed with several in its hands.
        let asked = dice.below(20);
        for _ in 0..asked {
            let product = ["milk", "bread", "jam"][dice.below(3)];
            let command = match dice.below(4) {
                0 => format!("remove {product}"),
                _ => format!("add {} {product}", dice.below(5) + 1),
            };
            writeln!(life.commands, "{command}").unwrap();
            pending.push(command);
        }
        let moment = Instant::now() + Duration::from_micros(dice.below(4000) as u64);
        for _ in 0..dice.below(asked + 1) {
            let Some(answer) = life.answer() else { break };
            carry_out(&mut cart, &pending.remove(0));
            assert_eq!(answer, told(&cart));
            answered += 1;
        }
        thread::sleep(moment.saturating_duration_since(Instant::now()));
        life.child.kill().unwrap();
        life.child.wait().unwrap();
        // What it had said by then was said.
        while let Some(answer) = life.answer() {
            carry_out(&mut cart, &pending.remove(0));
            assert_eq!(answer, told(&cart));
            answered += 1;
        }
    }
    assert!(answered > KILLS && lost > 0, "{answered} answers, {lost} commands without effect");
}

/// Numbers by a seed, after Steele, Lea, Flood, [Fast Splittable Pseudorandom Number
/// Generators](https://doi.org/10.1145/2660193.2660195), OOPSLA 2014.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from(mixed >> 32).unwrap() % bound
    }
}
