/// Which member it is, counted from 0 in an order on which all agree.
pub type Rank = u32;
