use proc_macro2::TokenStream;
use quote::quote;

use crate::record::Record;

pub(crate) fn derive(record: &Record<'_>) -> TokenStream {
    let name = &record.input.ident;
    let (generics, arguments, _) = record.generics().split_for_impl();
    let lattice = quote!(::glomers_crdt::Lattice);
    let bounds = record.bounds(&lattice);
    let members: Vec<_> = record.members().collect();
    quote! {
        #[automatically_derived]
        impl #generics #lattice for #name #arguments #bounds {
            fn merge(&mut self, other: &Self) -> bool {
                let changed: &[bool] = &[#(#lattice::merge(&mut self.#members, &other.#members)),*];
                changed.contains(&true)
            }

            fn difference(&self, seen: &Self) -> Self {
                Self { #(#members: #lattice::difference(&self.#members, &seen.#members)),* }
            }

            fn is_bottom(&self) -> bool {
                true #(&& #lattice::is_bottom(&self.#members))*
            }

            fn includes(&self, other: &Self) -> bool {
                true #(&& #lattice::includes(&self.#members, &other.#members))*
            }
        }
    }
}
