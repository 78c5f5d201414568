use super::List;
use crate::Dot;

/// A place between two elements, or at an end, that stays where it is while the list is edited.
///
/// It holds on to one of the elements beside it. If that is removed, it stays where the element was.
///
/// ```
/// use glomers_crdt::List;
///
/// let mut list = List::default();
/// list.insert_all('a', 0, "world".chars())?;
/// let cursor = list.cursor_before(0);
/// list.insert_all('a', 0, "hello ".chars())?;
/// assert_eq!(list.position(&cursor), Some(6));
/// # Ok::<(), glomers_crdt::ListError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Cursor<R> {
    /// Before all elements.
    #[default]
    #[cfg_attr(feature = "serde", serde(rename = "s"))]
    Start,
    /// Before this element: what is inserted here comes before the cursor.
    #[cfg_attr(feature = "serde", serde(rename = "b"))]
    Before(Dot<R>),
    /// After this element: what is inserted here comes after the cursor.
    #[cfg_attr(feature = "serde", serde(rename = "a"))]
    After(Dot<R>),
    /// After all elements.
    #[cfg_attr(feature = "serde", serde(rename = "e"))]
    End,
}

impl<T: 'static, R: Ord + Clone> List<T, R> {
    /// A cursor before the element with this index, or at the end if there is none. It moves on when
    /// something is inserted at it: as the cursor of who types.
    ///
    /// ```
    /// use glomers_crdt::{Cursor, List};
    ///
    /// let mut list = List::default();
    /// list.insert_all('a', 0, [1, 2]).unwrap();
    /// let cursor = list.cursor_before(1);
    /// list.insert('a', 1, 9).unwrap();
    /// assert_eq!(list.position(&cursor), Some(2));
    /// assert_eq!(list.cursor_before(7), Cursor::End);
    /// ```
    pub fn cursor_before(&self, index: usize) -> Cursor<R> {
        self.id(index).map_or(Cursor::End, Cursor::Before)
    }

    /// A cursor at this index, after the element before it, or at the start, or at the end if the list is
    /// shorter. It stays when something is inserted at it: as the beginning of a selection.
    ///
    /// ```
    /// use glomers_crdt::{Cursor, List};
    ///
    /// let mut list = List::default();
    /// list.insert_all('a', 0, [1, 2]).unwrap();
    /// let cursor = list.cursor_after(1);
    /// list.insert('a', 1, 9).unwrap();
    /// assert_eq!(list.position(&cursor), Some(1));
    /// assert_eq!(list.cursor_after(0), Cursor::Start);
    /// ```
    pub fn cursor_after(&self, index: usize) -> Cursor<R> {
        let Some(before) = index.checked_sub(1) else { return Cursor::Start };
        self.id(before).map_or(Cursor::End, Cursor::After)
    }

    /// The index at which the cursor stands, from 0 to the list's length; nothing if its element is
    /// unknown here, or waits.
    ///
    /// ```
    /// use glomers_crdt::{Cursor, Lattice, List};
    ///
    /// let mut here = List::default();
    /// here.insert_all('a', 0, [1, 2, 3]).unwrap();
    /// let cursor = here.cursor_after(2);
    /// assert_eq!(List::<u8, _>::default().position(&cursor), None);
    /// here.remove_all(0..2).unwrap();
    /// assert_eq!(here.position(&cursor), Some(0));
    /// assert_eq!(here.position(&Cursor::End), Some(1));
    /// ```
    pub fn position(&self, cursor: &Cursor<R>) -> Option<usize> {
        match cursor {
            Cursor::Start => Some(0),
            Cursor::End => Some(self.len()),
            Cursor::Before(id) => self.place_of(id).map(|(index, _)| index),
            Cursor::After(id) => {
                let (index, is_live) = self.place_of(id)?;
                Some(index + usize::from(is_live))
            }
        }
    }
}
