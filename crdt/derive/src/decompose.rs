use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use crate::record::Record;

pub(crate) fn derive(record: &Record<'_>) -> TokenStream {
    let name = &record.input.ident;
    let (generics, arguments, _) = record.generics().split_for_impl();
    let decompose = quote!(::glomers_crdt::Decompose);
    let either = quote!(::glomers_crdt::parts::Either);
    let (left, right) = (quote!(#either::Left), quote!(#either::Right));
    let bounds = record.bounds(&decompose);
    let members: Vec<_> = record.members().collect();
    let of: Vec<_> = record.fields.iter().map(|(_, field)| &field.ty).collect();
    let found: Vec<_> = (0..members.len()).map(|at| format_ident!("found_{at}")).collect();
    let part = quote!(part);
    let nested: Vec<_> =
        (0..members.len()).map(|at| Record::nested(at, &left, &right, &part)).collect();
    let none = (0..members.len()).fold(part, |none, _| quote!(#right(#none)));
    let parts = of.iter().rev().fold(
        quote!(::core::convert::Infallible),
        |rest, of| quote!(#either<<#of as #decompose>::Part<'part>, #rest>),
    );
    quote! {
        #[automatically_derived]
        impl #generics #decompose for #name #arguments #bounds {
            type Part<'part> = #parts where Self: 'part;

            fn parts(&self) -> impl ::core::iter::Iterator<Item = Self::Part<'_>> {
                ::core::iter::empty()
                    #(.chain(#decompose::parts(&self.#members).map(|part| #nested)))*
            }

            fn from_parts<'part>(
                parts: impl ::core::iter::IntoIterator<Item = Self::Part<'part>>,
            ) -> Self
            where
                Self: 'part,
            {
                #(let mut #found = ::glomers_crdt::parts::__Few::new();)*
                for part in parts {
                    match part {
                        #(#nested => #found.push(part),)*
                        #none => match part {},
                    }
                }
                Self { #(#members: <#of as #decompose>::from_parts(#found)),* }
            }
        }
    }
}
