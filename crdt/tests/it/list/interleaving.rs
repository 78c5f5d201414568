//! What is typed concurrently at one place does not mix.

use glomers_crdt::List;

use crate::suite::*;

type Text = List<char, u8>;

fn read(text: &Text) -> String {
    text.iter().collect()
}

/// Types `word` at a place, one letter after the other, or the last letter first.
fn typed(text: &mut Text, replica: u8, at: usize, word: &str, forward: bool) {
    for (nth, letter) in word.chars().enumerate() {
        let index = if forward { at + nth } else { at };
        text.insert(replica, index, letter).unwrap();
    }
}

proptest! {
    #![proptest_config(cases(2000))]

    #[test]
    fn words_stay_whole(
        base in 0..6_usize,
        at: prop::sample::Index,
        words in prop::collection::vec(("[a-z]{1,6}", any::<bool>()), 1..5),
        removed in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut start = Text::default();
        typed(&mut start, 9, 0, &"#".repeat(base), true);
        if let Some(removed) = removed.filter(|_| base > 0) {
            start.remove(removed.index(base)).unwrap();
        }
        let at = at.index(start.len() + 1);
        let mut all = start.clone();
        for (replica, (word, forward)) in (0..).zip(&words) {
            // Upper case marks where each begins as it is read.
            let mut word = word.clone();
            word[..1].make_ascii_uppercase();
            let as_typed = if *forward { word } else { word.chars().rev().collect() };
            let mut fork = start.clone();
            typed(&mut fork, replica, at, &as_typed, *forward);
            all.merge(&fork);
        }
        let text = read(&all);
        let whole = text.trim_matches('#');
        let mut found: Vec<String> = Vec::new();
        for letter in whole.chars() {
            if letter.is_uppercase() {
                found.push(String::new());
            }
            found.last_mut().unwrap().push(letter.to_ascii_lowercase());
        }
        let mut expected: Vec<String> = words.into_iter().map(|(word, _)| word).collect();
        found.sort();
        expected.sort();
        prop_assert_eq!(found, expected, "{}", text);
    }
}

/// The paper's example of what RGA and others get wrong: both type backward, at the front.
#[test]
fn two_who_type_backward_do_not_mix() {
    let (mut milk, mut eggs) = (Text::default(), Text::default());
    typed(&mut milk, 1, 0, "klim", false);
    typed(&mut eggs, 2, 0, "sgge", false);
    milk.merge(&eggs);
    assert_eq!(read(&milk), "milkeggs");
}

/// A letter in the middle of what someone else is typing stays there.
#[test]
fn an_edit_inside_of_a_run_stays_where_it_was_made() {
    let mut ann = Text::default();
    typed(&mut ann, 1, 0, "shopping", true);
    let mut bob = ann.clone();
    let mut eve = ann.clone();
    typed(&mut ann, 1, 8, " list", true);
    typed(&mut bob, 2, 4, "-", true);
    eve.remove_all(2..8).unwrap();
    ann.merge(&bob);
    assert_eq!(read(&ann), "shop-ping list");
    ann.merge(&eve);
    assert_eq!(read(&ann), "sh- list");
    bob.merge(&eve);
    bob.merge(&ann);
    assert_eq!(bob, ann);
}
